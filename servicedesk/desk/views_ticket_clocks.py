"""Why late? All clocks of a ticket with what they did, and the steps that fired."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from servicedesk.desk.views_ticket_page import get_summary
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Row, Sql, as_time, as_time_or_none, as_uuid, as_uuid_or_none
from servicedesk.sla.clock.explain import Passage, passages
from servicedesk.sla.clock.states import Calendars, Clock
from servicedesk.sla.promises import Audience, CalendarVersion, Metric
from servicedesk.sla.records import read_clock, read_kept
from servicedesk.sla.setup import load_calendars, split_version
from servicedesk.sla.shapes import ClockPassage, ClockStory, EscalationStory, TicketClocks

MOST_FINISHED = 100
MOST_ESCALATIONS = 200


async def get_clocks(sql: Sql, viewer: Viewer, ticket_id: UUID, now: datetime) -> TicketClocks:
    """Return the newest clocks and escalations of a ticket that the viewer sees, else NotFound."""
    await get_summary(sql, viewer, ticket_id)
    kept = await sql.fetch_one("SELECT record FROM ticket_clocks WHERE ticket_id = $1", ticket_id)
    finished = await sql.fetch(
        "SELECT record, certificate IS NOT NULL AS certified FROM finished_clock "
        "WHERE ticket_id = $1 ORDER BY ended_at DESC, metric, audience, instance DESC LIMIT $2",
        ticket_id,
        MOST_FINISHED,
    )
    clocks = [
        (clock, False) for clock in (read_kept(kept["record"]).clock_set.live() if kept else ())
    ]
    clocks += [(read_clock(row["record"]), bool(row["certified"])) for row in finished]
    calendars = await load_calendars(sql, _versions(clock for clock, _ in clocks))
    names = await _Names.load(sql, calendars, {clock.promise.policy_id for clock, _ in clocks})
    return TicketClocks(
        ticket_id=ticket_id,
        as_of=now,
        clocks=[
            _story(clock, passages(clock, calendars, now), names, certified=certified)
            for clock, certified in clocks
        ],
        escalations=await _escalations(sql, ticket_id),
    )


def _versions(clocks: Iterable[Clock]) -> set[CalendarVersion]:
    return {
        stretch.calendar
        for clock in clocks
        for stretch in clock.stretches
        if stretch.calendar is not None
    }


class _Names:
    """What calendars and policies are called now."""

    def __init__(self, calendars: Mapping[UUID, str], policies: Mapping[UUID, str]) -> None:
        self._calendars, self._policies = calendars, policies

    @classmethod
    async def load(cls, sql: Sql, calendars: Calendars, policy_ids: Iterable[str]) -> "_Names":
        wanted = {split_version(version)[0] for version in calendars}
        return cls(
            await _names(sql, "calendar", wanted),
            await _names(sql, "sla_policy", map(UUID, policy_ids)),
        )

    def of_calendar(self, version: CalendarVersion | None) -> str | None:
        return None if version is None else self._calendars.get(split_version(version)[0], "")

    def of_policy(self, policy_id: UUID) -> str:
        return self._policies.get(policy_id, "")


async def _names(sql: Sql, table: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted = sorted(set(ids))
    rows = await sql.fetch(f"SELECT id, name FROM {table} WHERE {sql.member('id', 1)}", wanted)
    return {as_uuid(row["id"]): row["name"] for row in rows}


def _story(clock: Clock, told: Iterable[Passage], names: _Names, *, certified: bool) -> ClockStory:
    done = [_passage(passage, names) for passage in told]
    promise = clock.promise
    return ClockStory(
        metric=promise.metric,
        audience=promise.audience,
        instance=clock.instance,
        state=clock.state,
        policy_id=UUID(promise.policy_id),
        policy_name=names.of_policy(UUID(promise.policy_id)),
        policy_version=promise.policy_version,
        target_seconds=promise.target_seconds,
        counted_seconds=sum(passage.counted_seconds for passage in done),
        started_at=clock.started_at,
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        ended_at=clock.ended_at,
        outcome=clock.outcome,
        reason=clock.reason,
        stands_still_in=sorted(promise.stands_still_in),
        passages=done,
        certified=certified,
    )


def _passage(passage: Passage, names: _Names) -> ClockPassage:
    return ClockPassage(
        told=passage.told,
        began=passage.began,
        ended=passage.ended,
        counted_seconds=passage.counted / timedelta(seconds=1),
        calendar_name=names.of_calendar(passage.calendar),
        why=passage.why,
        dodges=passage.dodges,
    )


async def _escalations(sql: Sql, ticket_id: UUID) -> list[EscalationStory]:
    rows = await sql.fetch(
        "SELECT id, metric, audience, instance, step, due_at, fired_at, suppressed_at, "
        "acknowledged_at, acknowledged_by FROM escalation WHERE ticket_id = $1 "
        "ORDER BY fired_at DESC, due_at DESC, id LIMIT $2",
        ticket_id,
        MOST_ESCALATIONS,
    )
    return list(map(_escalation, rows))


def _escalation(row: Row) -> EscalationStory:
    due_at, fired_at = as_time(row["due_at"]), as_time(row["fired_at"])
    return EscalationStory(
        id=as_uuid(row["id"]),
        metric=Metric(row["metric"]),
        audience=Audience(row["audience"]),
        instance=int(row["instance"]),
        step=row["step"],
        due_at=due_at,
        fired_at=fired_at,
        late_seconds=max((fired_at - due_at).total_seconds(), 0.0),
        suppressed_at=as_time_or_none(row["suppressed_at"]),
        acknowledged_at=as_time_or_none(row["acknowledged_at"]),
        acknowledged_by=as_uuid_or_none(row["acknowledged_by"]),
    )
