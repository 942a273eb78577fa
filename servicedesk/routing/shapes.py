"""What the API and the frames show of routing."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from servicedesk.domain.presence import AwayReason, PresenceState


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Queue(Shape):
    """`agent_ids` serve it directly, `team_ids` through their members. `oldest_waiting_at` is the
    virtual start of the one that has waited longest. The figures are null for those who do not see
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


class Presence(Shape):
    """`capacity` and `used` are in units per channel; `used` counts orders owned and held out."""

    user_id: UUID
    state: PresenceState
    reason: AwayReason | None
    since: datetime
    capacity: dict[str, int]
    used: dict[str, int]
