"""/api/quarantine: what came in and could not become a message."""

import asyncio
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.downloads import file_response
from servicedesk.app.api.inputs import PageQuery
from servicedesk.app.api.operation import SUPERVISORS, Operation
from servicedesk.channels.email.hints import ENOUGH_BYTES, Hints, read_hints
from servicedesk.desk.shapes import QuarantineRow
from servicedesk.domain.errors import NotFound
from servicedesk.domain.messages import ChannelKind
from servicedesk.intake.arrivals import Arrival, get_arrival
from servicedesk.intake.quarantine import discard, list_quarantined, read_raw, retry
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page

_places = Cursor(tuple[UUID])


class QuarantineQuery(PageQuery):
    """`cause`: "unreadable", or the mail class that it was suspended for."""

    cause: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")] | None = None


@Operation(tag="quarantine", answers=Listing[QuarantineRow], roles=SUPERVISORS)
async def list_quarantine(request: Request, query: QuarantineQuery) -> Response:
    """List what waits for somebody's decision, newest first."""
    given = services(request)
    before = _places.decode(query.cursor)
    found = await list_quarantined(
        given.database.sql,
        viewer(request),
        None if before is None else before[0],
        query.limit + 1,
        query.cause,
    )
    items, after = cut_page(found, query.limit, lambda last: _places.encode((last.id,)))
    rows = await asyncio.gather(*(_row(given.blobs, item) for item in items))
    return answer(Listing[QuarantineRow](items=rows, next=after))


@Operation(tag="quarantine", media_type="message/rfc822", roles=SUPERVISORS)
async def download_arrival(request: Request) -> Response:
    """Download an arrival exactly as it came in."""
    given = services(request)
    arrival_id = request.path_params["arrival_id"]
    content = await read_raw(given.database.sql, given.blobs, viewer(request), arrival_id)
    return file_response(content, f"{arrival_id}.eml", "message/rfc822", inline=False)


@Operation(tag="quarantine", answers=QuarantineRow, roles=SUPERVISORS, problems=(409,))
async def retry_arrival(request: Request) -> Response:
    """Try to let it in again; the answer says what became of it."""
    given = services(request)
    arrival_id = request.path_params["arrival_id"]
    tried = await retry(given.database, given.intake, viewer(request), arrival_id)
    return answer(await _row(given.blobs, tried))


@Operation(tag="quarantine", answers=QuarantineRow, roles=SUPERVISORS, problems=(409,))
async def discard_arrival(request: Request) -> Response:
    """Throw it away for good."""
    given = services(request)
    arrival_id = request.path_params["arrival_id"]
    position = await discard(given.database, viewer(request), arrival_id)
    gone = await get_arrival(given.database.sql, arrival_id)
    return answer(await _row(given.blobs, gone), position=position)


async def _hints(blobs: Blobs, arrival: Arrival) -> Hints:
    """What the raw form lets guess; only mail has headers to guess from."""
    if arrival.channel is not ChannelKind.EMAIL:
        return Hints("", "")
    try:
        return read_hints(await blobs.open_head(arrival.blob, ENOUGH_BYTES))
    except NotFound:
        return Hints("", "")


async def _row(blobs: Blobs, arrival: Arrival) -> QuarantineRow:
    hints = await _hints(blobs, arrival)
    return QuarantineRow(
        id=arrival.id,
        inbox_id=arrival.inbox_id,
        channel=arrival.channel,
        received_at=arrival.received_at,
        state=arrival.state.value,
        reason=arrival.reason,
        attempts=arrival.attempts,
        from_hint=hints.sender or str(arrival.envelope.get("sender") or ""),
        subject_hint=hints.subject,
        size_bytes=arrival.size_bytes,
        ticket_id=arrival.ticket_id,
    )


ROUTES = [
    Route("/api/quarantine", list_quarantine, methods=["GET"]),
    Route("/api/quarantine/{arrival_id:uuid}/raw", download_arrival, methods=["GET"]),
    Route("/api/quarantine/{arrival_id:uuid}/retry", retry_arrival, methods=["POST"]),
    Route("/api/quarantine/{arrival_id:uuid}/discard", discard_arrival, methods=["POST"]),
]
