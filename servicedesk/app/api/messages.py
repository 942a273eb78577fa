"""Messages of a ticket: reading on, replies, notes, and each as it came in."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.downloads import file_response
from servicedesk.app.api.inputs import NO_NUL, Body, EmailAddress, Ids, Query
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.app.api.sending import channel_of, typed_address
from servicedesk.channels.email.sanitize import Pictures, sanitize
from servicedesk.desk.note import note
from servicedesk.desk.reply import LONGEST_TEXT, NewReply, Written, reply
from servicedesk.desk.shapes import Message
from servicedesk.desk.views_files import get_original
from servicedesk.desk.views_messages import get_whole_message, load_messages, newest_messages
from servicedesk.desk.views_ticket_page import get_summary
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.http.pages import DEFAULT_PER_PAGE, MOST_PER_PAGE, Listing

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services

LONGEST_HTML = 500_000  # its marks come on top of the text


class EarlierQuery(Query):
    """`before`: the seq of the oldest message one has (`earlier`, `next`)."""

    before: int | None = Field(None, ge=0, le=2**31 - 1)
    limit: int = Field(DEFAULT_PER_PAGE, ge=1, le=MOST_PER_PAGE)


class ReplyBody(Body):
    """`to` and `cc` empty: to the requester. `seen_seq`: the newest message that was read.

    `even_if_undeliverable`: send it although mail to a recipient came back.
    """

    text: str = Field(max_length=LONGEST_TEXT, pattern=NO_NUL)
    html: str | None = Field(None, max_length=LONGEST_HTML, pattern=NO_NUL)
    attachment_ids: Ids[UUID] = Field(default_factory=list)
    to: list[EmailAddress] = Field(default_factory=list, max_length=50)
    cc: list[EmailAddress] = Field(default_factory=list, max_length=50)
    set_status: TicketStatus | None = None
    seen_seq: int = Field(ge=0, le=2**31 - 1)
    even_if_undeliverable: bool = False


class NoteBody(Body):
    text: str = Field(max_length=LONGEST_TEXT, pattern=NO_NUL)
    attachment_ids: Ids[UUID] = Field(default_factory=list)


@Operation(tag="messages", answers=Listing[Message])
async def list_earlier_messages(request: Request, query: EarlierQuery) -> Response:
    """List a ticket's messages before one, ascending; `next` goes into `before`."""
    sql = services(request).database.sql
    ticket_id = _ticket_id(request)
    await get_summary(sql, viewer(request), ticket_id)
    found = await newest_messages(sql, ticket_id, query.before, query.limit + 1)
    items = found[-query.limit :]
    further = str(items[0].seq) if len(found) > query.limit else None
    return answer(Listing[Message](items=items, next=further))


@Operation(
    tag="messages",
    answers=Message,
    status=201,
    roles=WORKERS,
    idempotent=True,
    problems=(409,),
)
async def write_reply(request: Request, json: ReplyBody) -> Response:
    """Answer the contact; 409 `newer-message` if they wrote after `seen_seq`, and
    `undeliverable-address` if what was sent to a recipient came back."""
    database = services(request).database
    ticket = await get_summary(database.sql, viewer(request), _ticket_id(request))
    new = NewReply(
        text=json.text,
        seen_seq=json.seen_seq,
        html=None if json.html is None else await _sanitized(json.html),
        attachment_ids=json.attachment_ids,
        to=[typed_address(address) for address in json.to],
        cc=[typed_address(address) for address in json.cc],
        set_status=json.set_status,
        even_if_undeliverable=json.even_if_undeliverable,
    )
    channel = channel_of(services(request), ticket.channel)
    written = await reply(database, channel, viewer(request), TicketId(ticket.id), new)
    return await _answer_written(services(request), written)


@Operation(tag="messages", answers=Message, status=201, roles=WORKERS, idempotent=True)
async def write_note(request: Request, json: NoteBody) -> Response:
    """Write a note that only the desk sees."""
    written = await note(
        services(request).database,
        viewer(request),
        _ticket_id(request),
        json.text,
        json.attachment_ids,
    )
    return await _answer_written(services(request), written)


@Operation(tag="messages", answers=Message)
async def show_message(request: Request) -> Response:
    """Show a message with all of its text, which timelines cut when it is very long."""
    sql = services(request).database.sql
    return answer(await get_whole_message(sql, viewer(request), request.path_params["message_id"]))


@Operation(tag="messages", media_type="message/rfc822")
async def download_raw_message(request: Request) -> Response:
    """Download a message as it came in."""
    message_id = request.path_params["message_id"]
    original = await get_original(services(request).database.sql, viewer(request), message_id)
    if original.raw_blob is None:
        raise NotFound(f"Message {message_id} was written here: there is no raw form of it.")
    content = await services(request).blobs.open(original.raw_blob)
    return file_response(content, f"{message_id}.eml", "message/rfc822", inline=False)


async def _sanitized(html: str) -> str:
    """Return safe html. In a thread: long ones take their time, and everybody else would wait."""
    return (await asyncio.to_thread(sanitize, html, Pictures.SHOWN)).html


def _ticket_id(request: Request) -> TicketId:
    return TicketId(request.path_params["ticket_id"])


async def _answer_written(given: "Services", written: Written) -> Response:
    message = (await load_messages(given.database.sql, [written.message_id]))[written.message_id]
    return answer(message, status=201, position=written.position)


ROUTES = [
    Route("/api/tickets/{ticket_id:uuid}/messages", list_earlier_messages, methods=["GET"]),
    Route("/api/tickets/{ticket_id:uuid}/replies", write_reply, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}/notes", write_note, methods=["POST"]),
    Route("/api/messages/{message_id:uuid}", show_message, methods=["GET"]),
    Route("/api/messages/{message_id:uuid}/raw", download_raw_message, methods=["GET"]),
]
