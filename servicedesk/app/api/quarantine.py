"""/api/quarantine: what came in and could not become a message."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.downloads import file_response
from servicedesk.app.api.inputs import PageQuery
from servicedesk.app.api.operation import SUPERVISORS, Operation
from servicedesk.desk.shapes import QuarantineRow
from servicedesk.intake.arrivals import Arrival, get_arrival
from servicedesk.intake.quarantine import discard, list_quarantined, read_raw, retry
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page

_places = Cursor(tuple[UUID])


@Operation(tag="quarantine", answers=Listing[QuarantineRow], roles=SUPERVISORS)
async def list_quarantine(request: Request, query: PageQuery) -> Response:
    """List what waits for somebody's decision, newest first."""
    before = _places.decode(query.cursor)
    found = await list_quarantined(
        services(request).database.sql,
        viewer(request),
        None if before is None else before[0],
        query.limit + 1,
    )
    items, after = cut_page(found, query.limit, lambda last: _places.encode((last.id,)))
    return answer(Listing[QuarantineRow](items=[_row(item) for item in items], next=after))


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
    return answer(_row(await retry(given.database, given.intake, viewer(request), arrival_id)))


@Operation(tag="quarantine", answers=QuarantineRow, roles=SUPERVISORS, problems=(409,))
async def discard_arrival(request: Request) -> Response:
    """Throw it away for good."""
    database = services(request).database
    arrival_id = request.path_params["arrival_id"]
    position = await discard(database, viewer(request), arrival_id)
    return answer(_row(await get_arrival(database.sql, arrival_id)), position=position)


def _row(arrival: Arrival) -> QuarantineRow:
    return QuarantineRow(
        id=arrival.id,
        inbox_id=arrival.inbox_id,
        channel=arrival.channel,
        received_at=arrival.received_at,
        state=arrival.state.value,
        reason=arrival.reason,
        attempts=arrival.attempts,
        from_hint=str(arrival.envelope.get("sender") or ""),
        subject_hint=str(arrival.envelope.get("subject") or ""),
        size_bytes=arrival.size_bytes,
    )


ROUTES = [
    Route("/api/quarantine", list_quarantine, methods=["GET"]),
    Route("/api/quarantine/{arrival_id:uuid}/raw", download_arrival, methods=["GET"]),
    Route("/api/quarantine/{arrival_id:uuid}/retry", retry_arrival, methods=["POST"]),
    Route("/api/quarantine/{arrival_id:uuid}/discard", discard_arrival, methods=["POST"]),
]
