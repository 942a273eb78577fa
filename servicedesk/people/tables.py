"""Tables of people: who works here, in which teams, and who may see a ticket besides its team."""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from servicedesk.kernel.ids import new_id

Ref = fields.ForeignKeyRelation[Any]
RESTRICT = fields.OnDelete.RESTRICT
CASCADE = fields.OnDelete.CASCADE


class UserRow(Model):
    """`email` is kept lower case and is unique among all users, deactivated ones included."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    email = fields.CharField(max_length=254, unique=True)
    name = fields.CharField(max_length=200)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=255)
    locale = fields.CharField(max_length=16, db_default="en")
    time_zone = fields.CharField(max_length=64, db_default="UTC")
    active = fields.BooleanField(db_default=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()
    deactivated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "app_user"


class SessionRow(Model):
    """A sign-in. The cookie holds the token, the row only its hash and the key id."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    token_hash = fields.CharField(max_length=64, unique=True)
    key_id = fields.CharField(max_length=32)
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    address = fields.CharField(max_length=64)
    user_agent = fields.CharField(max_length=400)

    class Meta:
        table = "session"
        indexes = (Index(fields=("user_id", "expires_at"), name="session_user"),)


class TeamRow(Model):
    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=100, unique=True)
    version = fields.IntField(db_default=1)
    created_at = fields.DatetimeField()

    class Meta:
        table = "team"


class TeamMemberRow(Model):
    id = fields.UUIDField(primary_key=True, default=new_id)
    team: Ref = fields.ForeignKeyField("servicedesk.TeamRow", related_name=False, on_delete=CASCADE)
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)

    class Meta:
        table = "team_member"
        unique_together = (("team", "user"),)
        indexes = (Index(fields=("user_id",), name="team_member_user"),)


class TicketViewerRow(Model):
    """Who may see a ticket besides its team, and why. Kept through `people/viewers` only."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    ticket_id = fields.UUIDField()
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    why = fields.CharField(max_length=16)

    class Meta:
        table = "ticket_viewer"
        unique_together = (("ticket_id", "user", "why"),)
        indexes = (Index(fields=("user_id", "ticket_id"), name="ticket_viewer_user"),)


class SkillRow(Model):
    """What an agent can do and a work order can require."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "skill"


class AgentSkillRow(Model):
    """`level` from 1 to 5."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: Ref = fields.ForeignKeyField("servicedesk.UserRow", related_name=False, on_delete=CASCADE)
    skill: Ref = fields.ForeignKeyField(
        "servicedesk.SkillRow", related_name=False, on_delete=CASCADE
    )
    level = fields.SmallIntField()

    class Meta:
        table = "agent_skill"
        unique_together = (("user", "skill"),)
        indexes = (Index(fields=("skill_id", "user_id"), name="agent_skill_skill"),)
