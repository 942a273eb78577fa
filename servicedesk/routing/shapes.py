"""What the API and the frames show of routing."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from servicedesk.domain.presence import AwayReason, PresenceState


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Queue(Shape):
    """`agent_ids` serve it directly, `team_ids` through their members. `oldest_waiting_at` is the
    virtual start of the one that has waited longest."""

    id: UUID
    name: str
    team_id: UUID
    offer_seconds: int
    active: bool
    version: int
    agent_ids: list[UUID]
    team_ids: list[UUID]
    waiting: int
    oldest_waiting_at: datetime | None
    offered: int
    active_orders: int


class Presence(Shape):
    """`capacity` and `used` are in units per channel; `used` counts orders owned and held out."""

    user_id: UUID
    state: PresenceState
    reason: AwayReason | None
    since: datetime
    capacity: dict[str, int]
    used: dict[str, int]
