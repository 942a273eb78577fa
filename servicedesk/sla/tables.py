"""Tables of sla: calendars and policies by version, the live clocks of each ticket, and what became
of each clock."""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id

Ref = fields.ForeignKeyRelation[Any]
RESTRICT = fields.OnDelete.RESTRICT
CASCADE = fields.OnDelete.CASCADE


class CalendarRow(Model):
    """`revision` is the newest version's number. `sources` are the countries and regions whose
    holidays somebody looked through. At most one is the default, for queues without one."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=100, unique=True)
    revision = fields.IntField(db_default=1)
    is_default = fields.BooleanField(db_default=False)
    sources = fields.JSONField[list[dict[str, object]]]()
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar"


class CalendarVersionRow(Model):
    """One version of a calendar, never changed. `document` has its hours, `names` its holidays'."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    calendar: Ref = fields.ForeignKeyField(
        "servicedesk.CalendarRow", related_name=False, on_delete=RESTRICT
    )
    revision = fields.IntField()
    document = fields.JSONField[dict[str, object]]()
    names = fields.JSONField[dict[str, str]]()
    made_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "calendar_version"
        unique_together = (("calendar", "revision"),)


class PolicyRow(Model):
    """`place` orders the policies: the first that fits a ticket holds. Ended ones stay."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=100)
    place = fields.IntField()
    active = fields.BooleanField(db_default=True)
    revision = fields.IntField(db_default=1)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sla_policy"


class PolicyVersionRow(Model):
    """One version of a policy with its ladder, never changed."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    policy: Ref = fields.ForeignKeyField(
        "servicedesk.PolicyRow", related_name=False, on_delete=RESTRICT
    )
    revision = fields.IntField()
    document = fields.JSONField[dict[str, object]]()
    made_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "sla_policy_version"
        unique_together = (("policy", "revision"),)


class TicketClocksRow(Model):
    """What the clocks of a ticket remember. `next_at`: the earliest breach or escalation step.
    `due_at`: the earliest due instant. `revision`: of the policies it was matched with, null once
    nothing lives."""

    ticket_id = fields.UUIDField(primary_key=True)
    record = fields.TextField()
    next_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    revision = fields.IntField(null=True)

    class Meta:
        table = "ticket_clocks"
        indexes = (Index(fields=("revision", "ticket_id"), name="ticket_clocks_revision"),)


class FinishedClockRow(Model):
    """What became of one clock. Only the certificate is added later, once."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket_id = fields.UUIDField()
    metric = fields.CharField(max_length=24)
    audience = fields.CharField(max_length=16)
    instance = fields.IntField()
    policy_id = fields.CharField(max_length=64)
    policy_version = fields.IntField()
    calendar = fields.CharField(max_length=64, null=True)
    target_seconds = fields.BigIntField()
    counted_us = fields.BigIntField()
    started_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    breached_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField()
    outcome = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=24)
    dodges = fields.IntField(db_default=0)
    record = fields.TextField()
    certificate = fields.TextField(null=True)

    class Meta:
        table = "finished_clock"
        unique_together = (("ticket_id", "metric", "audience", "instance"),)
        indexes = (Index(fields=("ended_at", "id"), name="finished_clock_ended"),)


class EscalationRow(Model):
    """A step of a ladder that fired. Unique for each clock and step: so each fires once."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket_id = fields.UUIDField()
    metric = fields.CharField(max_length=24)
    audience = fields.CharField(max_length=16)
    instance = fields.IntField()
    step = fields.CharField(max_length=36)
    policy_id = fields.CharField(max_length=64)
    policy_version = fields.IntField()
    due_at = fields.DatetimeField()
    fired_at = fields.DatetimeField()
    suppressed_at = fields.DatetimeField(null=True)
    acknowledged_at = fields.DatetimeField(null=True)
    acknowledged_by = fields.UUIDField(null=True)

    class Meta:
        table = "escalation"
        unique_together = (("ticket_id", "metric", "audience", "instance", "step"),)


class EscalationNoticeRow(Model):
    """Somebody was told of an escalation."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    escalation: Ref = fields.ForeignKeyField(
        "servicedesk.EscalationRow", related_name=False, on_delete=CASCADE
    )
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    ticket_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField(null=True)

    class Meta:
        table = "escalation_notice"
        unique_together = (("escalation", "user"),)
        indexes = (Index(fields=("user_id", "created_at"), name="escalation_notice_user"),)
