"""Tables of what the desk writes and keeps by itself: templates, acknowledgements, notices."""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id

Ref = fields.ForeignKeyRelation[Any]
CASCADE = fields.OnDelete.CASCADE


class MailTemplateRow(Model):
    """A text that the desk writes by itself, for one brand in one language. `kind`:
    acknowledgement, signature, frame."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    brand: Ref = fields.ForeignKeyField(
        "servicedesk.BrandRow", related_name=False, on_delete=CASCADE
    )
    kind = fields.CharField(max_length=24)
    language = fields.CharField(max_length=16)
    subject = fields.CharField(max_length=200, db_default="")
    text = fields.TextField()
    html = fields.TextField(null=True)
    active = fields.BooleanField(db_default=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "mail_template"
        unique_together = (("brand", "kind", "language"),)


class AcknowledgementRow(Model):
    """An acknowledgement that was sent, for the brakes. `subject_key`: hash of the bare subject."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    inbox_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    sender = fields.CharField(max_length=320)
    subject_key = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "acknowledgement"
        indexes = (
            Index(fields=("sender", "created_at"), name="acknowledgement_sender"),
            Index(fields=("inbox_id", "created_at"), name="acknowledgement_inbox"),
        )


class InboxBrakeRow(Model):
    """The breaker of an inbox: until `open_until` it sends no automatic mail."""

    inbox_id = fields.UUIDField(primary_key=True)
    opened_at = fields.DatetimeField()
    open_until = fields.DatetimeField()
    reason = fields.CharField(max_length=32)
    count = fields.IntField()

    class Meta:
        table = "inbox_brake"


class SentCopyRow(Model):
    """A sent mail that has yet to be laid into its mailbox's Sent folder. `state`: waiting, done,
    failed. Claimed by compare-and-set for a limited time."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    message_id = fields.UUIDField()
    inbox_id = fields.UUIDField()
    state = fields.CharField(max_length=16)
    attempts = fields.IntField(db_default=0)
    due_at = fields.DatetimeField()
    claimed_by = fields.CharField(max_length=64, null=True)
    error = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sent_copy"
        indexes = (
            Index(fields=("state", "due_at"), name="sent_copy_due"),
            Index(fields=("message_id",), name="sent_copy_message"),
        )


class NoticeRow(Model):
    """A mail from the desk to one of its users: no ticket, no answer expected. `state`: waiting,
    done, failed. Claimed by compare-and-set for a limited time."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    once_key = fields.CharField(max_length=200, unique=True)
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    kind = fields.CharField(max_length=48)
    ticket_id = fields.UUIDField(null=True)
    arguments = fields.JSONField[dict[str, object]]()
    state = fields.CharField(max_length=16)
    attempts = fields.IntField(db_default=0)
    due_at = fields.DatetimeField()
    claimed_by = fields.CharField(max_length=64, null=True)
    error = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notice"
        indexes = (Index(fields=("state", "due_at"), name="notice_due"),)
