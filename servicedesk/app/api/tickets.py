"""/api/tickets: lists, pages, changes, and what happened."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.inputs import (
    NO_CONTROLS,
    NO_NUL,
    Body,
    EmailAddress,
    Ids,
    PageQuery,
)
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.app.api.sending import channel_of, typed_address
from servicedesk.desk.inboxes import get_inbox
from servicedesk.desk.lifecycle import KEEP, TicketChanges, change_ticket
from servicedesk.desk.open import FirstWord, open_ticket
from servicedesk.desk.read import read_ticket
from servicedesk.desk.reply import LONGEST_TEXT
from servicedesk.desk.shapes import Activity, TicketDetail, TicketPage, TicketSummary
from servicedesk.desk.take import take_ticket
from servicedesk.desk.views_lists import (
    TicketPlace,
    TicketQuery,
    TicketSort,
    TicketView,
    list_tickets,
    place_of,
)
from servicedesk.desk.views_summaries import find_summary
from servicedesk.desk.views_ticket_page import get_detail, get_page, read_activity
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import InboxId, QueueId, TicketId, UserId
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel import journal
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page

LONGEST_SEARCH = 200

LAST_POSITION = 2**62
ANY_STATUS = "|".join(TicketStatus)

_places = Cursor(TicketPlace)
_positions = Cursor(tuple[int])


class ListQuery(PageQuery):
    """`status`: one or more, comma separated. `q`: words of subject or contact, or a number."""

    view: TicketView = TicketView.ALL
    queue_id: UUID | None = None
    status: str | None = Field(None, pattern=f"^({ANY_STATUS})(,({ANY_STATUS})){{0,9}}$")
    contact_id: UUID | None = None
    q: str = Field("", max_length=LONGEST_SEARCH, pattern=NO_CONTROLS)
    sort: TicketSort = TicketSort.HURT


class ChangeBody(Body):
    """What is left out stays. `assignee_id` null: nobody."""

    status: TicketStatus | None = None
    priority: Priority | None = None
    subject: str | None = Field(None, min_length=1, max_length=1000, pattern=NO_CONTROLS)
    queue_id: UUID | None = None
    assignee_id: UUID | None = None


class NewContactBody(Body):
    address: EmailAddress
    name: str = Field("", max_length=200, pattern=NO_CONTROLS)


class NewTicketBody(Body):
    """`even_if_undeliverable`: write to them although mail to the address came back."""

    inbox_id: UUID
    contact: NewContactBody
    subject: str = Field(min_length=1, max_length=1000, pattern=NO_CONTROLS)
    text: str = Field(max_length=LONGEST_TEXT, pattern=NO_NUL)
    attachment_ids: Ids[UUID] = Field(default_factory=list)
    queue_id: UUID | None = None
    priority: Priority = Priority.NORMAL
    even_if_undeliverable: bool = False


class ReadBody(Body):
    seq: int = Field(ge=0, le=2**31 - 1)


@Operation(tag="tickets", answers=Listing[TicketSummary])
async def list_visible_tickets(request: Request, query: ListQuery) -> Response:
    """List the tickets that one may see."""
    sql = services(request).database.sql
    position = await journal.head(sql)
    found = await list_tickets(
        sql, viewer(request), _asked(query), _places.decode(query.cursor), query.limit + 1
    )
    items, after = cut_page(found, query.limit, lambda last: _places.encode(place_of(last)))
    return answer(Listing[TicketSummary](items=items, next=after), position=position)


@Operation(tag="tickets", answers=TicketPage)
async def show_ticket(request: Request) -> Response:
    """Show a ticket with its newest messages."""
    page = await get_page(services(request).database.sql, viewer(request), _ticket_id(request))
    return answer(page, version=page.version)


@Operation(
    tag="tickets",
    answers=TicketPage,
    status=201,
    roles=WORKERS,
    idempotent=True,
    problems=(404, 409),
)
async def write_first(request: Request, json: NewTicketBody) -> Response:
    """Write to a contact first: a new ticket that is the writer's own."""
    database = services(request).database
    inbox = await get_inbox(database.sql, json.inbox_id)
    first = FirstWord(
        inbox_id=InboxId(json.inbox_id),
        contact=typed_address(json.contact.address, json.contact.name),
        subject=json.subject,
        text=json.text,
        attachment_ids=json.attachment_ids,
        queue_id=None if json.queue_id is None else QueueId(json.queue_id),
        priority=json.priority,
        even_if_undeliverable=json.even_if_undeliverable,
    )
    channel = channel_of(services(request), inbox.channel)
    opened = await open_ticket(database, channel, viewer(request), first)
    page = await get_page(database.sql, viewer(request), opened.ticket_id)
    return answer(page, status=201, position=opened.position, version=page.version)


@Operation(
    tag="tickets",
    answers=TicketDetail,
    roles=WORKERS,
    conditional=True,
    may_lose_sight=True,
    problems=(409,),
)
async def change_properties(request: Request, json: ChangeBody) -> Response:
    """Change properties of a ticket; 204 when it went to where one does not see it."""
    database = services(request).database
    version = expected_version(request.headers.get("if-match"))
    position = await change_ticket(
        database, viewer(request), _ticket_id(request), version, _changes(json)
    )
    try:
        detail = await get_detail(database.sql, viewer(request), _ticket_id(request))
    except NotFound:
        return done(position)
    return answer(detail, position=position, version=detail.version)


@Operation(
    tag="tickets", answers=TicketSummary, roles=WORKERS, may_lose_sight=True, problems=(409,)
)
async def take_by_hand(request: Request) -> Response:
    """Take a ticket by hand; 204 when it was taken out of one's sight again meanwhile."""
    database = services(request).database
    taken = await take_ticket(database, _ticket_id(request), viewer(request))
    summary = await find_summary(database.sql, viewer(request), taken.ticket_id)
    if summary is None:
        return done(taken.position)
    return answer(summary, position=taken.position, version=summary.version)


@Operation(tag="tickets", status=204)
async def mark_ticket_read(request: Request, json: ReadBody) -> Response:
    """Say how far one has read."""
    database = services(request).database
    return done(await read_ticket(database, viewer(request), _ticket_id(request), json.seq))


@Operation(tag="tickets", answers=Listing[Activity])
async def list_activity(request: Request, query: PageQuery) -> Response:
    """List what happened to a ticket, newest first, with the reasons of decisions."""
    before = _positions.decode(query.cursor)
    items, further = await read_activity(
        services(request).database.sql,
        viewer(request),
        _ticket_id(request),
        LAST_POSITION if before is None else before[0],
        query.limit,
    )
    after = None if further is None else _positions.encode((further,))
    return answer(Listing[Activity](items=items, next=after))


def _ticket_id(request: Request) -> TicketId:
    return TicketId(request.path_params["ticket_id"])


def _asked(query: ListQuery) -> TicketQuery:
    return TicketQuery(
        view=query.view,
        statuses=tuple(
            TicketStatus(status) for status in (query.status or "").split(",") if status
        ),
        queue_id=query.queue_id,
        contact_id=query.contact_id,
        words=query.q,
        sort=query.sort,
    )


def _changes(body: ChangeBody) -> TicketChanges:
    assignee = None if body.assignee_id is None else UserId(body.assignee_id)
    return TicketChanges(
        status=body.status,
        priority=body.priority,
        subject=body.subject,
        queue_id=None if body.queue_id is None else QueueId(body.queue_id),
        assignee_id=assignee if "assignee_id" in body.model_fields_set else KEEP,
    )


ROUTES = [
    Route("/api/tickets", list_visible_tickets, methods=["GET"]),
    Route("/api/tickets", write_first, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}", show_ticket, methods=["GET"]),
    Route("/api/tickets/{ticket_id:uuid}", change_properties, methods=["PATCH"]),
    Route("/api/tickets/{ticket_id:uuid}/take", take_by_hand, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}/read", mark_ticket_read, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}/activity", list_activity, methods=["GET"]),
]
