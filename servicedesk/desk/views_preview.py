"""What a policy would promise if it held now: what it fits, how much would be late."""

from collections.abc import Iterable
from datetime import datetime

from servicedesk.desk.views_clocks import measured_select, read_measured
from servicedesk.kernel.sql import Sql
from servicedesk.sla.clock.following import Seen, follow
from servicedesk.sla.clock.states import ClockState
from servicedesk.sla.policy.matching import Match, match_policies, promises_of
from servicedesk.sla.policy.policies import Policy
from servicedesk.sla.records import read_kept
from servicedesk.sla.setup import Setup, load_mark, load_setup
from servicedesk.sla.shapes import PolicyPreview
from servicedesk.sla.track import Measured, load_world

MOST_TICKETS = 2_000
MOST_SHOWN = 20


async def preview_policy(sql: Sql, policy: Policy, now: datetime) -> PolicyPreview:
    """Look at the newest open tickets as if this policy alone were there. Nothing is written."""
    rows = await sql.fetch(
        f"{measured_select(sql)} WHERE t.status NOT IN ('solved', 'closed') "
        "ORDER BY t.updated_at DESC, t.id DESC LIMIT $1",
        MOST_TICKETS + 1,
    )
    looked_at = {row["number"]: read_measured(row).measured for row in rows[:MOST_TICKETS]}
    setup = await load_setup(sql, await load_mark(sql))
    fitting = {
        number: (measured, match)
        for number, measured in looked_at.items()
        if (match := match_policies([policy], measured.facts, now)).policies
    }
    late = [
        number
        for number, (measured, match) in fitting.items()
        if await _would_be_late(sql, setup, measured, match, now)
    ]
    return PolicyPreview(
        looked_at=len(looked_at),
        is_all=len(rows) <= MOST_TICKETS,
        fits=len(fitting),
        late=len(late),
        fitting_numbers=_shown(fitting),
        late_numbers=_shown(late),
    )


async def _would_be_late(
    sql: Sql, setup: Setup, measured: Measured, match: Match, now: datetime
) -> bool:
    calendar = setup.calendar_of(measured.calendar_id)
    promises = promises_of(match, measured.priority, calendar)
    before = None if measured.record is None else read_kept(measured.record)
    world = await load_world(sql, [] if before is None else [before.clock_set], promises)
    seen = Seen(measured.status, measured.team_id, measured.waiting_since, promises)
    after = follow(before, seen, (), now, world).kept.clock_set
    return any(
        clock.breached_at is not None
        or (clock.state is ClockState.RUNNING and clock.due_at is not None and clock.due_at <= now)
        for clock in after.live()
    )


def _shown(numbers: Iterable[int]) -> list[int]:
    return list(numbers)[:MOST_SHOWN]
