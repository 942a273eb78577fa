"""Tables of the desk: brands, inboxes, contacts, tickets and what was said on them.

No foreign key points to `message`, and nothing in it is unique but its id: it must be partitionable
by month. Ids of other systems live in `message_reference`.
"""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id

Ref = fields.ForeignKeyRelation[Any]
NullableRef = fields.ForeignKeyNullableRelation[Any]
RESTRICT = fields.OnDelete.RESTRICT
CASCADE = fields.OnDelete.CASCADE
SET_NULL = fields.OnDelete.SET_NULL


class BrandRow(Model):
    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=100, unique=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "brand"


class InboxRow(Model):
    """One configured way in. `settings` is typed by its channel, secrets in it are sealed."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    channel = fields.CharField(max_length=16)
    name = fields.CharField(max_length=100)
    address = fields.CharField(max_length=254)
    brand: Ref = fields.ForeignKeyField(
        "servicedesk.BrandRow", related_name=False, on_delete=RESTRICT
    )
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=RESTRICT
    )
    settings = fields.JSONField[dict[str, object]]()
    active = fields.BooleanField(db_default=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()

    class Meta:
        table = "inbox"
        unique_together = (("channel", "address"),)


class OrganizationRow(Model):
    """`agent`: whom its contacts' work is offered to first, where a queue is sticky to that."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=200)
    tier = fields.CharField(max_length=32, null=True)
    agent: NullableRef = fields.ForeignKeyField(
        "servicedesk.UserRow", related_name=False, on_delete=SET_NULL, null=True
    )
    created_at = fields.DatetimeField()

    class Meta:
        table = "organization"


class ContactRow(Model):
    """`agent`: the contact's own, before that of the organization."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=200)
    organization: NullableRef = fields.ForeignKeyField(
        "servicedesk.OrganizationRow", related_name=False, on_delete=RESTRICT, null=True
    )
    agent: NullableRef = fields.ForeignKeyField(
        "servicedesk.UserRow", related_name=False, on_delete=SET_NULL, null=True
    )
    locale = fields.CharField(max_length=16, null=True)
    time_zone = fields.CharField(max_length=64, null=True)
    created_at = fields.DatetimeField()
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contact"


class ContactIdentityRow(Model):
    """`value` is normalised: mail lower case, phone E.164. Unique by kind and value.

    `undeliverable_at`: since when messages to it come back for good. `soft_bounces` counts those
    that came back for now since one last arrived."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    contact: Ref = fields.ForeignKeyField(
        "servicedesk.ContactRow", related_name=False, on_delete=CASCADE
    )
    kind = fields.CharField(max_length=16)
    value = fields.CharField(max_length=320)
    created_at = fields.DatetimeField()
    undeliverable_at = fields.DatetimeField(null=True)
    undeliverable_reason = fields.CharField(max_length=200, null=True)
    soft_bounces = fields.IntField(db_default=0)

    class Meta:
        table = "contact_identity"
        unique_together = (("kind", "value"),)
        indexes = (Index(fields=("contact_id",), name="contact_identity_contact"),)


class TicketRow(Model):
    """`version` counts property changes (If-Match). `last_seq` is the newest message's place.
    `waiting_since`: since when the contact has waited for a word from us, null if we spoke last."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    number = fields.BigIntField(unique=True)
    subject = fields.TextField()
    status = fields.CharField(max_length=16)
    priority = fields.SmallIntField(db_default=2)
    channel = fields.CharField(max_length=16)
    brand: Ref = fields.ForeignKeyField(
        "servicedesk.BrandRow", related_name=False, on_delete=RESTRICT
    )
    inbox: Ref = fields.ForeignKeyField(
        "servicedesk.InboxRow", related_name=False, on_delete=RESTRICT
    )
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=RESTRICT
    )
    team: Ref = fields.ForeignKeyField(
        "servicedesk.TeamRow", related_name=False, on_delete=RESTRICT
    )
    assignee: NullableRef = fields.ForeignKeyField(
        "servicedesk.UserRow", related_name=False, on_delete=RESTRICT, null=True
    )
    contact: Ref = fields.ForeignKeyField(
        "servicedesk.ContactRow", related_name=False, on_delete=RESTRICT
    )
    language = fields.CharField(max_length=16, null=True)
    version = fields.IntField(db_default=1)
    last_seq = fields.IntField(db_default=0)
    last_words = fields.CharField(max_length=200, db_default="")
    last_message_at = fields.DatetimeField(null=True)
    last_message_from = fields.CharField(max_length=16, db_default="system")
    waiting_since = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    solved_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    merged_into: NullableRef = fields.ForeignKeyField(
        "servicedesk.TicketRow", related_name=False, on_delete=RESTRICT, null=True
    )
    follows_up: NullableRef = fields.ForeignKeyField(
        "servicedesk.TicketRow", related_name=False, on_delete=RESTRICT, null=True
    )

    class Meta:
        table = "ticket"
        indexes = (
            Index(fields=("team_id", "status", "updated_at", "id"), name="ticket_team_list"),
            Index(fields=("queue_id", "status", "updated_at", "id"), name="ticket_queue_list"),
            Index(fields=("assignee_id", "status", "updated_at", "id"), name="ticket_own_list"),
            Index(fields=("contact_id", "created_at", "id"), name="ticket_contact_list"),
            Index(fields=("updated_at", "id"), name="ticket_updated"),
        )


class TicketInboxRow(Model):
    """The inboxes a ticket came in through: one mail to two inboxes is one ticket."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket: Ref = fields.ForeignKeyField(
        "servicedesk.TicketRow", related_name=False, on_delete=CASCADE
    )
    inbox: Ref = fields.ForeignKeyField(
        "servicedesk.InboxRow", related_name=False, on_delete=RESTRICT
    )

    class Meta:
        table = "ticket_inbox"
        unique_together = (("ticket", "inbox"),)


class ParticipantRow(Model):
    """Who takes part: a contact (requester, cc) or a user (follower)."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket: Ref = fields.ForeignKeyField(
        "servicedesk.TicketRow", related_name=False, on_delete=CASCADE
    )
    role = fields.CharField(max_length=16)
    contact: NullableRef = fields.ForeignKeyField(
        "servicedesk.ContactRow", related_name=False, on_delete=RESTRICT, null=True
    )
    user: NullableRef = fields.ForeignKeyField(
        "servicedesk.UserRow", related_name=False, on_delete=CASCADE, null=True
    )

    class Meta:
        table = "participant"
        unique_together = (("ticket", "contact"), ("ticket", "user"))


class MessageRow(Model):
    """One entry of a ticket's timeline, ordered by `seq` (never by a Date header).

    `html` is as it came, cleaned only where it is shown. Lists never select it. `marks` says
    what is special about it (signed, encrypted, repaired)."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket_id = fields.UUIDField()
    seq = fields.IntField()
    kind = fields.CharField(max_length=16)
    channel = fields.CharField(max_length=16)
    inbox_id = fields.UUIDField(null=True)
    author_kind = fields.CharField(max_length=16)
    author_id = fields.UUIDField(null=True)
    from_address = fields.CharField(max_length=320, null=True)
    from_name = fields.CharField(max_length=200, null=True)
    reply_to = fields.CharField(max_length=320, null=True)
    subject = fields.TextField(null=True)
    text = fields.TextField()
    quoted_text = fields.TextField()
    html = fields.TextField(null=True)
    raw_blob = fields.CharField(max_length=64, null=True)
    mail_class = fields.CharField(max_length=24, null=True)
    unverified = fields.BooleanField(db_default=False)
    why_here = fields.JSONField[dict[str, object]](null=True)
    marks = fields.JSONField[dict[str, object]](null=True)
    language = fields.CharField(max_length=16, null=True)
    delivery_state = fields.CharField(max_length=16, null=True)
    delivery_error = fields.TextField(null=True)
    delivery_attempts = fields.IntField(db_default=0)
    delivery_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "message"
        indexes = (Index(fields=("ticket_id", "seq"), name="message_ticket"),)


class MessageRecipientRow(Model):
    id = fields.UUIDField(primary_key=True, default=new_id)
    message_id = fields.UUIDField()
    kind = fields.CharField(max_length=4)
    address = fields.CharField(max_length=320)
    name = fields.CharField(max_length=200)
    delivery_state = fields.CharField(max_length=16, null=True)
    delivery_error = fields.TextField(null=True)

    class Meta:
        table = "message_recipient"
        indexes = (Index(fields=("message_id",), name="message_recipient_message"),)


class AttachmentRow(Model):
    """A file of a message, or one that `uploaded_by` has not sent yet (`message_id` null)."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    message_id = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    uploaded_by = fields.UUIDField(null=True)
    place = fields.SmallIntField(db_default=0)
    filename = fields.CharField(max_length=255)
    content_type = fields.CharField(max_length=127)
    size_bytes = fields.BigIntField()
    sha256 = fields.CharField(max_length=64)
    inline = fields.BooleanField(db_default=False)
    content_id = fields.CharField(max_length=255, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "attachment"
        indexes = (
            Index(fields=("message_id", "place"), name="attachment_message"),
            Index(fields=("uploaded_by", "created_at"), name="attachment_upload"),
        )


class MessageReferenceRow(Model):
    """A foreign id by which answers find their ticket (Message-ID of every mail in and out)."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    inbox_id = fields.UUIDField()
    external_id = fields.CharField(max_length=512)
    ticket_id = fields.UUIDField()
    message_id = fields.UUIDField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "message_reference"
        indexes = (
            Index(fields=("external_id",), name="message_reference_external"),
            Index(fields=("message_id",), name="message_reference_message"),
        )


class TicketTagRow(Model):
    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket: Ref = fields.ForeignKeyField(
        "servicedesk.TicketRow", related_name=False, on_delete=CASCADE
    )
    tag = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "ticket_tag"
        unique_together = (("ticket", "tag"),)
        indexes = (Index(fields=("tag", "ticket_id"), name="ticket_tag_tag"),)


class TicketReadRow(Model):
    """How far a user has read a ticket."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket_id = fields.UUIDField()
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    seq = fields.IntField()

    class Meta:
        table = "ticket_read"
        unique_together = (("user", "ticket_id"),)
