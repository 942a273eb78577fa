"""Tables of the kernel. Rules of the journal: ARCHITECTURE "The journal" and ADR 2.

Docstrings of tables become SQL comments, and Tortoise splits scripts at semicolons: use none here.
"""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id


class JournalRow(Model):
    """Append-only. `id` is drawn after the rows it tells of are locked. `position` is set once,
    after the commit. No foreign keys, nothing unique but the id: it must be partitionable."""

    id = fields.BigIntField(primary_key=True)
    position = fields.BigIntField(null=True)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=64)
    version = fields.SmallIntField(db_default=1)
    ticket_id = fields.UUIDField(null=True)
    order_id = fields.UUIDField(null=True)
    payload = fields.JSONField[dict[str, object]]()
    trace = fields.JSONField[dict[str, object]](null=True)

    class Meta:
        table = "journal"
        indexes = (
            Index(fields=("position",), name="journal_position"),
            Index(fields=("ticket_id", "position"), name="journal_ticket"),
        )


class JournalHead(Model):
    """One row, "journal": the last position given. Its lock serialises stamping."""

    name = fields.CharField(max_length=16, primary_key=True)
    position = fields.BigIntField(db_default=0)

    class Meta:
        table = "journal_head"


class NumberSeries(Model):
    """The last number given in each series on SQLite. PostgreSQL uses sequences instead."""

    name = fields.CharField(max_length=32, primary_key=True)
    drawn = fields.BigIntField(db_default=0)

    class Meta:
        table = "number_series"


class EffectRow(Model):
    """Something a lower layer asks a higher one to do, once: nothing calls upward."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    kind = fields.CharField(max_length=64)
    once_key = fields.CharField(max_length=200, unique=True)
    ticket_id = fields.UUIDField(null=True)
    order_id = fields.UUIDField(null=True)
    arguments = fields.JSONField[dict[str, object]]()
    state = fields.CharField(max_length=16)
    attempts = fields.IntField(db_default=0)
    due_at = fields.DatetimeField()
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    error = fields.TextField(null=True)

    class Meta:
        table = "effect"
        indexes = (Index(fields=("state", "due_at"), name="effect_due"),)


class OutboxRow(Model):
    """One message on its way out. Claimed by compare-and-set for a limited time."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    channel = fields.CharField(max_length=16)
    inbox_id = fields.UUIDField()
    message_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    destination = fields.CharField(max_length=255)
    external_id = fields.CharField(max_length=512)
    envelope = fields.JSONField[dict[str, object]]()
    state = fields.CharField(max_length=16)
    attempts = fields.IntField(db_default=0)
    due_at = fields.DatetimeField()
    claimed_by = fields.CharField(max_length=64, null=True)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    error = fields.TextField(null=True)

    class Meta:
        table = "outbox"
        indexes = (
            Index(fields=("state", "due_at"), name="outbox_due"),
            Index(fields=("message_id",), name="outbox_message"),
        )


class WebhookRow(Model):
    """One call of somebody's webhook. Claimed by compare-and-set for a limited time."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    once_key = fields.CharField(max_length=200, unique=True)
    url = fields.TextField()
    body = fields.JSONField[dict[str, object]]()
    state = fields.CharField(max_length=16)
    attempts = fields.IntField(db_default=0)
    due_at = fields.DatetimeField()
    claimed_by = fields.CharField(max_length=64, null=True)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    error = fields.TextField(null=True)

    class Meta:
        table = "webhook"
        indexes = (Index(fields=("state", "due_at"), name="webhook_due"),)


class LeaseRow(Model):
    """Who alone may act on `name`, until when. `token` rises with each change of holder."""

    name = fields.CharField(max_length=128, primary_key=True)
    owner = fields.CharField(max_length=64)
    token = fields.BigIntField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "lease"


class BlobRow(Model):
    """Content by its sha256. `uses` counts the rows that need it."""

    sha256 = fields.CharField(max_length=64, primary_key=True)
    size_bytes = fields.BigIntField()
    uses = fields.IntField(db_default=0)
    scan_state = fields.CharField(max_length=16)
    touched_at = fields.DatetimeField()

    class Meta:
        table = "blob"
        indexes = (Index(fields=("uses", "touched_at"), name="blob_unreferenced"),)


class IdempotencyRow(Model):
    """The first answer to a request that may come twice."""

    key = fields.CharField(max_length=255, primary_key=True)
    request_hash = fields.CharField(max_length=64)
    status = fields.IntField(null=True)
    headers = fields.JSONField[dict[str, str]](null=True)
    body = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency"
        indexes = (Index(fields=("created_at",), name="idempotency_age"),)


class ThrottleRow(Model):
    """A brake that survives a restart: failures counted in a window, by key."""

    key = fields.CharField(max_length=200, primary_key=True)
    count = fields.IntField()
    window_started_at = fields.DatetimeField()
    blocked_until = fields.DatetimeField(null=True)

    class Meta:
        table = "throttle"


class SettingRow(Model):
    """Settings of the installation that people change in the console."""

    name = fields.CharField(max_length=64, primary_key=True)
    value = fields.JSONField[object]()
    version = fields.IntField(db_default=1)

    class Meta:
        table = "setting"
