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
        indexes = (
            Index(fields=("state", "received_at", "id"), name="arrival_state"),
            Index(fields=("inbox_id", "received_at"), name="arrival_inbox"),
        )


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


class MailOnceRow(Model):
    """The first arrival of a mail, in whichever inbox: the same mail in two inboxes is one ticket.
    Who inserts second waits for the first to commit."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    external_id = fields.CharField(max_length=512)
    content_hash = fields.CharField(max_length=64)
    arrival_id = fields.UUIDField()
    ticket_id = fields.UUIDField(null=True)
    message_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "mail_once"
        unique_together = (("external_id", "content_hash"),)
        indexes = (Index(fields=("created_at",), name="mail_once_age"),)


class MailboxFolderRow(Model):
    """How far a folder of a mailbox has been read: stored up to `last_uid`, flagged or moved up to
    `marked_uid`. `state`: connecting, first_sync, listening, waiting, failed, off."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    inbox_id = fields.UUIDField()
    folder = fields.CharField(max_length=255)
    uid_validity = fields.BigIntField(null=True)
    last_uid = fields.BigIntField(db_default=0)
    marked_uid = fields.BigIntField(db_default=0)
    state = fields.CharField(max_length=16)
    error = fields.TextField(null=True)
    attempts = fields.IntField(db_default=0)
    progress_done = fields.IntField(db_default=0)
    progress_total = fields.IntField(db_default=0)
    changed_at = fields.DatetimeField()
    last_mail_at = fields.DatetimeField(null=True)
    began_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mailbox_folder"
        unique_together = (("inbox_id", "folder"),)
