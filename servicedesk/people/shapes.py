"""What the API and the frames show of people."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from servicedesk.domain.people import Role

Locale = Literal["en", "zh-CN"]
LOCALES: tuple[Locale, ...] = ("en", "zh-CN")


class Shape(BaseModel):
    """Exactly what is written here: nothing more, nothing converted, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class User(Shape):
    """`team_ids` is sorted. `version` is what If-Match names."""

    id: UUID
    name: str
    email: str
    role: Role
    locale: Locale
    time_zone: str
    active: bool
    version: int
    team_ids: list[UUID]
    created_at: datetime


class Team(Shape):
    """`member_ids` is sorted and names deactivated members too."""

    id: UUID
    name: str
    member_ids: list[UUID]
    version: int


class SessionInfo(Shape):
    """One sign-in of the user, as their list of sessions shows it."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    address: str
    user_agent: str
    current: bool


class Skill(Shape):
    """`agents`: how many active users have it, at any level."""

    id: UUID
    name: str
    agents: int


class AgentLevels(Shape):
    """A row of the skills matrix: `levels` by skill id, from 1 to 5; what is missing they lack."""

    user_id: UUID
    name: str
    email: str
    levels: dict[UUID, int]


class SkillMatrix(Shape):
    """Every skill and every active user who may take work, both by name."""

    skills: list[Skill]
    agents: list[AgentLevels]
