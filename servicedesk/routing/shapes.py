"""What the API and the frames show of routing."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.presence import PresenceState


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Queue(Shape):
    """`agent_ids` serve it directly, `team_ids` through their members. `oldest_waiting_at` is the
    virtual start of the one that has waited longest; `stuck` of the waiting ones nobody is asked to
    take. The figures are null for those who do not see
    the tickets of the queue's team: a count is a view of tickets too."""

    id: UUID
    name: str
    team_id: UUID
    offer_seconds: int
    active: bool
    version: int
    agent_ids: list[UUID]
    team_ids: list[UUID]
    waiting: int | None
    oldest_waiting_at: datetime | None
    offered: int | None
    active_orders: int | None
    stuck: int | None


class Presence(Shape):
    """`capacity` and `used` are in units per channel; `used` counts orders owned and held out.
    `reason` is the code of a presence reason, or `not_responding`, which the desk sets. On channels
    that are `closed` they take nothing although they are available."""

    user_id: UUID
    state: PresenceState
    reason: str | None
    closed: list[ChannelKind]
    since: datetime
    capacity: dict[str, int]
    used: dict[str, int]


class PresenceReason(Shape):
    """A reason to be away, by name in each language. A built-in one has `built_in` and can be
    switched off, not removed."""

    code: str
    names: dict[str, str]
    active: bool
    built_in: bool
