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
    """`team` owns the queue's tickets, whoever else serves it.

    The rest says who gets its orders, in which order, and what happens as they wait: `steps` is a
    list by seconds waited, `sticky` names the agent who is asked first and for how long, `outside`
    what happens outside the hours of `calendar`. A null limit is none."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=100, unique=True)
    team: Ref = fields.ForeignKeyField(
        "servicedesk.TeamRow", related_name=False, on_delete=RESTRICT
    )
    offer_seconds = fields.IntField(db_default=45)
    active = fields.BooleanField(db_default=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()
    ordering = fields.CharField(max_length=16, db_default="priority_fifo")
    choice = fields.CharField(max_length=16, db_default="longest_idle")
    priority_minutes = fields.JSONField[dict[str, int]](null=True)
    steps = fields.JSONField[list[dict[str, object]]](null=True)
    sticky = fields.JSONField[dict[str, object]](null=True)
    max_length = fields.IntField(null=True)
    max_wait_seconds = fields.IntField(null=True)
    calendar: NullableRef = fields.ForeignKeyField(
        "servicedesk.CalendarRow", related_name=False, on_delete=RESTRICT, null=True
    )
    outside = fields.JSONField[dict[str, object]](null=True)
    auto_accept = fields.BooleanField(db_default=False)
    wrap_up_seconds = fields.IntField(db_default=0)
    wrap_up_extension_seconds = fields.IntField(db_default=0)
    most_refusals = fields.SmallIntField(db_default=5)
    service_level_seconds = fields.IntField(db_default=3600)
    service_level_percent = fields.SmallIntField(db_default=80)

    class Meta:
        table = "queue"


class QueueTeamRow(Model):
    """A team whose members serve the queue: among their queues by `priority` (larger first), and
    only orders that have waited `delay_seconds`."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=CASCADE
    )
    team: Ref = fields.ForeignKeyField("servicedesk.TeamRow", related_name=False, on_delete=CASCADE)
    priority = fields.SmallIntField(db_default=0)
    delay_seconds = fields.IntField(db_default=0)

    class Meta:
        table = "queue_team"
        unique_together = (("queue", "team"),)


class QueueAgentRow(Model):
    """An agent who serves the queue directly. See QueueTeamRow; this row wins over a team's."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    queue: Ref = fields.ForeignKeyField(
        "servicedesk.QueueRow", related_name=False, on_delete=CASCADE
    )
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    priority = fields.SmallIntField(db_default=0)
    delay_seconds = fields.IntField(db_default=0)

    class Meta:
        table = "queue_agent"
        unique_together = (("queue", "user"),)


class WorkOrderRow(Model):
    """A unit of work. Keeps the queue, skills and priority it had. `virtual_start` is its place in
    line: it stays over transfers and returns. `step`: how many of its queue's steps it has passed.
    `preferred_user_id` is asked first until `preferred_until`. `held_at`: since when something more
    urgent interrupts it. `stuck`: why nobody is asked (null: somebody may be). `diverted`: for
    which causes something else was done already."""

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
    accepted_at = fields.DatetimeField(null=True)
    step = fields.SmallIntField(db_default=0)
    step_due_at = fields.DatetimeField(null=True)
    refusals = fields.SmallIntField(db_default=0)
    preferred_user_id = fields.UUIDField(null=True)
    preferred_until = fields.DatetimeField(null=True)
    held_at = fields.DatetimeField(null=True)
    wrap_up_until = fields.DatetimeField(null=True)
    wrap_up_extended = fields.BooleanField(db_default=False)
    forced = fields.BooleanField(db_default=False)
    stuck = fields.CharField(max_length=32, null=True)
    diverted = fields.CharField(max_length=32, db_default="")
    attributes = fields.JSONField[dict[str, str]](null=True)

    class Meta:
        table = "work_order"
        indexes = (
            Index(fields=("queue_id", "accepted_at"), name="work_order_accepted"),
            Index(fields=("ticket_id", "entered_at"), name="work_order_ticket"),
            Index(fields=("owner_id", "state"), name="work_order_owner"),
        )


class OfferRow(Model):
    """A work order held out to one agent until `deadline` (database time). `how`: offered,
    auto_accepted, forced, transferred."""

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
    how = fields.CharField(max_length=16, db_default="offered")
    fencing_token = fields.BigIntField()

    class Meta:
        table = "offer"
        indexes = (
            Index(fields=("order_id", "created_at"), name="offer_order"),
            Index(fields=("user_id", "state"), name="offer_user"),
        )


class PresenceRow(Model):
    """One row for each user who ever took work. `lost_at`: when an unseen console counts as gone,
    null while no console is expected. `idle_since`: since when the agent has had nothing new.
    `channels` has the channels whose state differs from `state`."""

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
    channels = fields.JSONField[dict[str, str]](null=True)
    version = fields.IntField(db_default=1)

    class Meta:
        table = "presence"
        indexes = (Index(fields=("lost_at",), name="presence_lost"),)


class PresenceReasonRow(Model):
    """A reason to be away, by name in each language. `code` is what rows and the journal keep."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    code = fields.CharField(max_length=32, unique=True)
    names = fields.JSONField[dict[str, str]]()
    place = fields.SmallIntField()
    active = fields.BooleanField(db_default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "presence_reason"


class RoutingRuleRow(Model):
    """One row of the rule table that classifies what comes in. `kind` names the type of rule, which
    reads `settings`."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    place = fields.IntField()
    name = fields.CharField(max_length=100)
    kind = fields.CharField(max_length=32)
    settings = fields.JSONField[dict[str, object]]()
    active = fields.BooleanField(db_default=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()

    class Meta:
        table = "routing_rule"
        indexes = (Index(fields=("place", "id"), name="routing_rule_place"),)
