"""Tables of intake: what arrived, raw, and what became of it."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id


class ArrivalRow(Model):
    """One raw input, durable before its sender was told so. `state`: stored, accepted, duplicate,
    suspended, quarantined, discarded."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    inbox_id = fields.UUIDField()
    channel = fields.CharField(max_length=16)
    blob = fields.CharField(max_length=64)
    size_bytes = fields.BigIntField()
    envelope = fields.JSONField[dict[str, object]]()
    state = fields.CharField(max_length=16)
    reason = fields.TextField(null=True)
    attempts = fields.IntField(db_default=0)
    received_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ticket_id = fields.UUIDField(null=True)
    message_id = fields.UUIDField(null=True)

    class Meta:
        table = "arrival"
        indexes = (Index(fields=("state", "received_at", "id"), name="arrival_state"),)


class ArrivalKeyRow(Model):
    """Duplicates are found here: the same inbox, the same external id, the same content."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    inbox_id = fields.UUIDField()
    external_id = fields.CharField(max_length=512)
    content_hash = fields.CharField(max_length=64)
    arrival_id = fields.UUIDField()

    class Meta:
        table = "arrival_key"
        unique_together = (("inbox_id", "external_id", "content_hash"),)
        indexes = (Index(fields=("arrival_id",), name="arrival_key_arrival"),)
