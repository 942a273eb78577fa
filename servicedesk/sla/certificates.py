"""Every clock that ended gets its certificate, soon after the commit that ended it.

Signing is no part of the story: what is to be signed is found again from rows, so whatever dies in
between, each ended clock is certified once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from servicedesk.domain.actors import system_actor
from servicedesk.kernel.bulk import update_bulk_later
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Row, Sql, as_dict, as_uuid
from servicedesk.sla.certificate import Signer, certify
from servicedesk.sla.clock.states import Clock
from servicedesk.sla.events import Event
from servicedesk.sla.records import read_clock, read_event
from servicedesk.sla.telling import TOLD

ACTOR = system_actor("timers")
AT_ONCE = 100


async def sign_finished(database: Database, signer: Signer, at_once: int = AT_ONCE) -> int:
    """Sign what is not signed yet, a portion in each transaction; return how many."""
    total = 0
    while True:
        signed = await _sign_portion(database, signer, at_once)
        total += signed
        if signed < at_once:
            return total


async def _sign_portion(database: Database, signer: Signer, at_once: int) -> int:
    async with database.work(ACTOR) as work:
        skip = "" if work.sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
        rows = await work.sql.fetch(
            "SELECT id, ticket_id, record FROM finished_clock WHERE certificate IS NULL "
            f"ORDER BY ended_at, id LIMIT $1 {skip}",
            at_once,
        )
        told = await read_told(work.sql, {as_uuid(row["ticket_id"]) for row in rows})
        if rows:
            signed = [_signed(row, told[as_uuid(row["ticket_id"])], signer) for row in rows]
            await update_bulk_later(work.sql, "finished_clock", signed)
    return len(rows)


def _signed(row: Row, told: Sequence[Event], signer: Signer) -> dict[str, object]:
    ticket_id, clock = as_uuid(row["ticket_id"]), read_clock(row["record"])
    certificate = certify(str(ticket_id), clock, _until_end(told, clock), signer)
    return {"id": as_uuid(row["id"]), "certificate": certificate.as_line()}


async def read_told(sql: Sql, ticket_ids: Iterable[UUID]) -> dict[UUID, list[Event]]:
    """Return what the clocks of each ticket were told, in the order of the journal.

    By the order of their ids: entries of one ticket are written under its lock, and those that are
    not stamped yet count too.
    """
    rows = await sql.fetch(
        "SELECT ticket_id, payload FROM journal "
        f"WHERE {sql.member('ticket_id', 1)} AND kind = $2 ORDER BY id",
        sorted(set(ticket_ids)),
        TOLD,
    )
    told: dict[UUID, list[Event]] = defaultdict(list)
    for row in rows:
        told[as_uuid(row["ticket_id"])] += events_of(as_dict(row["payload"]))
    return told


def events_of(payload: dict[str, object]) -> list[Event]:
    """Return the events that one entry of the journal holds."""
    found = payload["events"]
    return [read_event(record) for record in found] if isinstance(found, list) else []


def _until_end(events: Sequence[Event], clock: Clock) -> list[Event]:
    """Return the events up to the end of the clock: all that its result rests on."""
    return [event for event in events if clock.ended_at is None or event.at <= clock.ended_at]
