"""The table presence, row by row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work

DEFAULT_CAPACITY: Mapping[str, int] = {
    ChannelKind.EMAIL.value: 4,
    ChannelKind.CHAT.value: 3,
    ChannelKind.SMS.value: 4,
    ChannelKind.VOICE.value: 1,
    ChannelKind.WEB.value: 4,
}
"""Units per channel of an agent for whom nobody set anything else."""


@dataclass(frozen=True, slots=True)
class PresenceFacts:
    """`lost_at`: when an unseen console counts as gone; None while none is expected. `channels` has
    those whose state differs from `state`."""

    user_id: UserId
    state: PresenceState
    reason: str | None
    lost_at: datetime | None
    channels: Mapping[str, str] = field(default_factory=dict)

    def takes(self, channel: ChannelKind) -> bool:
        """Do they take work on the channel now?"""
        return self.channels.get(channel, self.state) == PresenceState.AVAILABLE and (
            self.state is PresenceState.AVAILABLE
        )


def presence_of(row: Row) -> PresenceFacts:
    return PresenceFacts(
        user_id=UserId(as_uuid(row["user_id"])),
        state=PresenceState(row["state"]),
        reason=row["reason"],
        lost_at=as_time_or_none(row["lost_at"]),
        channels=as_dict(row["channels"]),
    )


async def lock_presence(sql: Sql, user_id: UserId, now: datetime) -> PresenceFacts:
    """Lock and return the agent's row, making an offline one if there is none yet."""
    while (found := await _find_locked(sql, user_id)) is None:
        await _insert_offline(sql, user_id, now)
    return found


async def _find_locked(sql: Sql, user_id: UserId) -> PresenceFacts | None:
    row = await sql.fetch_one(
        "SELECT user_id, state, reason, lost_at, channels FROM presence "
        f"WHERE user_id = $1 {sql.for_update}",
        user_id,
    )
    return None if row is None else presence_of(row)


async def _insert_offline(sql: Sql, user_id: UserId, now: datetime) -> None:
    row = {
        "id": new_id(),
        "user_id": user_id,
        "state": PresenceState.OFFLINE,
        "since": now,
        "idle_since": now,
        "capacity": dict(DEFAULT_CAPACITY),
    }
    await sql.insert("presence", [row], "ON CONFLICT (user_id) DO NOTHING")


async def change_presence(
    work: Work, before: PresenceFacts, state: PresenceState, reason: str | None = None
) -> None:
    """Write a locked row and journal the change.

    Whoever becomes available is idle from now; nobody expects a console of who is offline.
    """
    becomes_available = (
        state is PresenceState.AVAILABLE and before.state is not PresenceState.AVAILABLE
    )
    restarts = ", idle_since = $4" if becomes_available else ""
    forgets = ", lost_at = NULL" if state is PresenceState.OFFLINE else ""
    await work.sql.execute(
        "UPDATE presence SET state = $2, reason = $3, since = $4, version = version + 1"
        f"{restarts}{forgets} WHERE user_id = $1",
        before.user_id,
        state,
        reason,
        work.now,
    )
    work.record(
        "presence.changed",
        payload={
            "user_id": before.user_id,
            "from": before.state,
            "to": state,
            "reason": reason,
        },
    )


async def change_channels(work: Work, before: PresenceFacts, channels: Mapping[str, str]) -> None:
    """Write which channels of a locked row differ from its state, and journal it."""
    await work.sql.execute(
        "UPDATE presence SET channels = $2, version = version + 1 WHERE user_id = $1",
        before.user_id,
        dict(channels),
    )
    payload = {
        "user_id": before.user_id,
        "from": before.state,
        "to": before.state,
        "reason": before.reason,
        "closed": sorted(channels),
    }
    work.record("presence.changed", payload=payload)


async def set_capacity(work: Work, user_id: UserId, capacity: Mapping[str, int]) -> None:
    """Write how many units the agent takes on these channels, and journal it."""
    await lock_presence(work.sql, user_id, work.now)
    row = await work.sql.fetch_one("SELECT capacity FROM presence WHERE user_id = $1", user_id)
    present = as_dict(row["capacity"]) if row else {}
    await work.sql.execute(
        "UPDATE presence SET capacity = $2, version = version + 1 WHERE user_id = $1",
        user_id,
        {**present, **capacity},
    )
    work.record("user.changed", payload={"user_id": user_id, "fields": ["capacity"]})


async def restart_idle(work: Work, user_ids: Iterable[UserId | None]) -> None:
    """Work came to these agents or left them: their idle time starts anew.

    One by one in the order of their ids, so that two handovers cannot lock each other out.
    """
    for user_id in sorted({user_id for user_id in user_ids if user_id is not None}):
        await work.sql.execute(
            "UPDATE presence SET idle_since = $2 WHERE user_id = $1", user_id, work.now
        )
