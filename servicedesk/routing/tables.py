"""Tables of routing: queues and who serves them, work orders, offers, presence."""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id

Ref = fields.ForeignKeyRelation[Any]
NullableRef = fields.ForeignKeyNullableRelation[Any]
RESTRICT = fields.OnDelete.RESTRICT
CASCADE = fields.OnDelete.CASCADE


class QueueRow(Model):
    """`team` owns the queue's tickets, whoever else serves it."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=100, unique=True)
    team: Ref = fields.ForeignKeyField(
        "servicedesk.TeamRow", related_name=False, on_delete=RESTRICT
    )
    offer_seconds = fields.IntField(db_default=45)
    active = fields.BooleanField(db_default=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()

    class Meta:
        table = "queue"


class QueueTeamRow(Model):
    """A team whose members serve the queue."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=CASCADE
    )
    team: Ref = fields.ForeignKeyField("servicedesk.TeamRow", related_name=False, on_delete=CASCADE)

    class Meta:
        table = "queue_team"
        unique_together = (("queue", "team"),)


class QueueAgentRow(Model):
    """An agent who serves the queue directly."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=CASCADE
    )
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)

    class Meta:
        table = "queue_agent"
        unique_together = (("queue", "user"),)


class WorkOrderRow(Model):
    """A unit of work. Keeps the queue, skills and priority it had. `virtual_start` is its place in
    line: it stays over transfers and returns."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket: Ref = fields.ForeignKeyField(
        "servicedesk.TicketRow", related_name=False, on_delete=RESTRICT
    )
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=RESTRICT
    )
    channel = fields.CharField(max_length=16)
    state = fields.CharField(max_length=16)
    priority = fields.SmallIntField()
    skills = fields.JSONField[dict[str, int]]()
    units = fields.SmallIntField(db_default=1)
    owner: NullableRef = fields.ForeignKeyField(
        "servicedesk.UserRow", related_name=False, on_delete=RESTRICT, null=True
    )
    excluded = fields.JSONField[list[str]]()
    attempts = fields.IntField(db_default=0)
    virtual_start = fields.DatetimeField()
    entered_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "work_order"
        indexes = (
            Index(fields=("ticket_id", "entered_at"), name="work_order_ticket"),
            Index(fields=("owner_id", "state"), name="work_order_owner"),
        )


class OfferRow(Model):
    """A work order held out to one agent until `deadline` (database time)."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    order: Ref = fields.ForeignKeyField(
        "servicedesk.WorkOrderRow", related_name=False, on_delete=RESTRICT
    )
    ticket_id = fields.UUIDField()
    user: Ref = fields.ForeignKeyField(
        "servicedesk.UserRow", related_name=False, on_delete=RESTRICT
    )
    state = fields.CharField(max_length=16)
    created_at = fields.DatetimeField()
    deadline = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=32, null=True)
    note = fields.TextField(null=True)
    why = fields.JSONField[list[dict[str, object]]]()
    fencing_token = fields.BigIntField()

    class Meta:
        table = "offer"
        indexes = (
            Index(fields=("order_id", "created_at"), name="offer_order"),
            Index(fields=("user_id", "state"), name="offer_user"),
        )


class PresenceRow(Model):
    """One row for each user who ever took work. `lost_at`: when an unseen console counts as gone,
    null while no console is expected. `idle_since`: since when the agent has had nothing new."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "servicedesk.UserRow", related_name=False, on_delete=CASCADE
    )
    state = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=32, null=True)
    since = fields.DatetimeField()
    idle_since = fields.DatetimeField()
    lost_at = fields.DatetimeField(null=True)
    capacity = fields.JSONField[dict[str, int]]()
    version = fields.IntField(db_default=1)

    class Meta:
        table = "presence"
        indexes = (Index(fields=("lost_at",), name="presence_lost"),)
