"""Small reads that only realtime needs: who sees which tickets, which sessions still live."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from servicedesk.domain.ids import SessionId, TeamId, UserId
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.people.viewers import viewers_of
from servicedesk.realtime.protocol.audience import TicketSight


async def load_sights(sql: Sql, ticket_ids: Iterable[UUID]) -> dict[UUID, TicketSight]:
    """Return through what each of the tickets that exist is seen."""
    wanted = list(ticket_ids)
    if not wanted:
        return {}
    rows = await sql.fetch(f"SELECT id, team_id FROM ticket WHERE {sql.member('id', 1)}", wanted)
    named = await viewers_of(sql, wanted)
    return {
        as_uuid(row["id"]): TicketSight(
            TeamId(as_uuid(row["team_id"])),
            frozenset(map(UserId, named.get(as_uuid(row["id"]), ()))),
        )
        for row in rows
    }


async def live_sessions(
    sql: Sql, session_ids: Iterable[SessionId], now: datetime
) -> frozenset[SessionId]:
    """Return those of the sessions that were not revoked and have not ended by `now`."""
    rows = await sql.fetch(
        f"SELECT id FROM session WHERE {sql.member('id', 1)} "
        "AND revoked_at IS NULL AND expires_at > $2",
        list(session_ids),
        now,
    )
    return frozenset(SessionId(as_uuid(row["id"])) for row in rows)
