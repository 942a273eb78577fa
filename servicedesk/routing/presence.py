"""Whether agents take work: what they say themselves, and what a lost console says for them.

An agent who stops taking work loses their open offers in the same transaction (field notes 2.3,
Salesforce's trap: "going Busy does not take back an unaccepted offer").
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from servicedesk.domain.actors import Actor, system_actor, user_actor
from servicedesk.domain.errors import BadInput, Forbidden, NotFound, ServicedeskError, Unavailable
from servicedesk.domain.ids import Position, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Role
from servicedesk.domain.presence import AwayReason, PresenceState
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.routing.offer_rows import open_offers_of_agent
from servicedesk.routing.offers import rescind_offers_of_agent
from servicedesk.routing.presence_reasons import load_reasons
from servicedesk.routing.presence_rows import (
    PresenceFacts,
    change_channels,
    change_presence,
    lock_presence,
    set_capacity,
)

CONSOLE_GRACE_SECONDS = 45
"""How long a console may be unseen (sleep, tunnel, reload) before its agent counts as gone."""

LATE_OFFERS_TRIED = 5


class _LateOffer(ServicedeskError):
    """An offer was made between our two looks: roll back and look again."""


class _CameBack(ServicedeskError):
    """The console was seen again before we had the lock: roll back."""


async def set_presence(
    database: Database,
    user_id: UserId,
    state: PresenceState,
    reason: str | None,
    *,
    grace_seconds: int = CONSOLE_GRACE_SECONDS,
) -> Position:
    """The user says whether they take work. A story; position 0 if it was so already.

    Raises BadInput for a reason that is none, that does not go with the state or that only the desk
    sets, Forbidden for an observer, NotFound for an unknown or deactivated user.
    """
    await _check_reason(database.sql, state, reason)
    await _check_user(database.sql, user_id)

    async def change(work: Work) -> None:
        before = await _lock_without_offers(work, user_id, state)
        if (before.state, before.reason) != (state, reason):
            await change_presence(work, before, state, reason)
        await _expect_console(work.sql, [user_id], _later(work.now, grace_seconds))

    return await _retry_on_late_offer(database, user_actor(user_id), change)


async def close_channels(
    database: Database, user_id: UserId, closed: Collection[ChannelKind]
) -> Position:
    """On these channels the user takes no work even while they are available, on all others they
    do. A story; position 0 if it was so already. What is held out to them on a channel that closes
    the router takes back as soon as it hears of it. Raises as `set_presence`."""
    await _check_user(database.sql, user_id)
    channels = {channel.value: PresenceState.AWAY.value for channel in sorted(closed)}
    async with database.work(user_actor(user_id)) as work:
        before = await lock_presence(work.sql, user_id, work.now)
        if before.channels != channels:
            await change_channels(work, before, channels)
    return work.position


async def change_capacity(
    database: Database, actor: Actor, user_id: UserId, capacity: Mapping[ChannelKind, int]
) -> Position:
    """Set how many units the agent takes on these channels, and leave the others. A story.

    What they hold stays theirs, also above a smaller capacity. Raises Forbidden and NotFound.
    """
    await _check_user(database.sql, user_id)
    async with database.work(actor) as work:
        await set_capacity(work, user_id, {kind.value: units for kind, units in capacity.items()})
    return work.position


async def console_seen(
    database: Database, user_ids: Iterable[UserId], *, grace_seconds: int = CONSOLE_GRACE_SECONDS
) -> None:
    """These users' consoles are connected: expect them for a grace period from now."""
    await _expect_console(database.sql, user_ids, _later(await database.now(), grace_seconds))


async def console_lost(
    database: Database, user_id: UserId, *, grace_seconds: int = CONSOLE_GRACE_SECONDS
) -> None:
    """The user's last console went: unless one comes back within the grace period, so are they."""
    await console_seen(database, [user_id], grace_seconds=grace_seconds)


async def expire_lost(database: Database) -> list[UserId]:
    """Set offline whose console stayed away too long; return them. For the timers role."""
    rows = await database.sql.fetch(
        "SELECT user_id FROM presence WHERE lost_at <= $1 ORDER BY lost_at LIMIT 500",
        await database.now(),
    )
    lost = [UserId(as_uuid(row["user_id"])) for row in rows]
    return [user_id for user_id in lost if await _drop(database, user_id)]


async def next_lost_at(sql: Sql) -> datetime | None:
    """Return when `expire_lost` has something to do if no console is seen until then."""
    row = await sql.fetch_one("SELECT min(lost_at) AS lost_at FROM presence")
    return None if row is None else as_time_or_none(row["lost_at"])


async def _drop(database: Database, user_id: UserId) -> bool:
    async def change(work: Work) -> None:
        before = await _lock_without_offers(work, user_id, PresenceState.OFFLINE)
        if before.lost_at is None or before.lost_at > work.now:
            raise _CameBack(f"The console of user {user_id} is back.")
        await change_presence(work, before, PresenceState.OFFLINE)
        await work.ask(
            "agent.lost", f"agent.lost:{user_id}:{new_id()}", arguments={"user_id": user_id}
        )

    try:
        await _retry_on_late_offer(database, system_actor("timers"), change)
    except _CameBack:
        return False
    return True


async def go_offline(work: Work, user_id: UserId) -> None:
    """Let a user who may take no work any more be offline, inside a story of another kind, and take
    back what is held out to them. Raises ServicedeskError if offers were made meanwhile: then the
    story is to be tried again."""
    before = await _lock_without_offers(work, user_id, PresenceState.OFFLINE)
    if before.state is not PresenceState.OFFLINE:
        await change_presence(work, before, PresenceState.OFFLINE)


async def _lock_without_offers(work: Work, user_id: UserId, state: PresenceState) -> PresenceFacts:
    """Lock the row; unless the agent goes on taking work, with their open offers taken back.

    Offers come first (lock order), so the router may have made one before we had the row: then
    _LateOffer.
    """
    if state is PresenceState.AVAILABLE:
        return await lock_presence(work.sql, user_id, work.now)
    await rescind_offers_of_agent(work, user_id, f"agent_{state.value}")
    before = await lock_presence(work.sql, user_id, work.now)
    if await open_offers_of_agent(work.sql, user_id):
        raise _LateOffer(f"User {user_id} was offered something meanwhile.")
    return before


async def _retry_on_late_offer(
    database: Database, actor: Actor, change: Callable[[Work], Awaitable[None]]
) -> Position:
    for _ in range(LATE_OFFERS_TRIED):
        try:
            async with database.work(actor) as work:
                await change(work)
        except _LateOffer:
            continue
        return work.position
    raise Unavailable(
        f"New offers kept coming while the presence was to change ({actor}). Try again."
    )


async def _expect_console(sql: Sql, user_ids: Iterable[UserId], lost_at: datetime) -> None:
    """Rows that a story holds now are passed over: the next heartbeat finds them."""
    lock = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
    await sql.execute(
        "UPDATE presence SET lost_at = $1 WHERE user_id IN (SELECT user_id FROM presence "
        f"WHERE {sql.member('user_id', 2)} AND state <> 'offline' ORDER BY user_id {lock})",
        lost_at,
        sorted(set(user_ids)),
    )


def _later(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)


async def _check_reason(sql: Sql, state: PresenceState, reason: str | None) -> None:
    if reason is None:
        return
    if reason == AwayReason.NOT_RESPONDING:
        raise BadInput(
            "The reason not_responding is set by the desk. Choose another one.", path="reason"
        )
    if state is not PresenceState.AWAY:
        raise BadInput(
            f"The reason {reason} goes with away only, not with {state.value}. Leave it out.",
            path="reason",
        )
    if reason not in {known.code for known in await load_reasons(sql) if known.active}:
        raise BadInput(
            f"There is no reason {reason!r} to be away. Choose one of the list.", path="reason"
        )


async def _check_user(sql: Sql, user_id: UserId) -> None:
    row = await sql.fetch_one("SELECT role, active FROM app_user WHERE id = $1", user_id)
    if row is None or not row["active"]:
        raise NotFound(f"There is no active user {user_id}.", user_id=str(user_id))
    if row["role"] == Role.OBSERVER:
        raise Forbidden("An observer takes no work and has no presence.", user_id=str(user_id))
