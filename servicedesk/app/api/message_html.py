"""A message's html, sanitized, as a page of its own for the console's sandboxed frame."""

import asyncio
import base64
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.downloads import SHOWN_INLINE, served_type
from servicedesk.app.api.inputs import Query
from servicedesk.app.api.operation import Operation
from servicedesk.channels.email.sanitize import (
    Pictures,
    content_security_policy,
    page,
    sanitize,
)
from servicedesk.desk.views_files import get_original, named_pictures
from servicedesk.domain.errors import NotFound
from servicedesk.domain.messages import ScanState

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services

MOST_PICTURE_BYTES = 5_000_000
"""Of all pictures inside one message that are shown in place; the rest stays a download."""

SANDBOX = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; "
    "frame-ancestors 'self'; "
)
"""Links open outside; nothing else of the mail leaves its frame. It keeps our origin, so that the
console can measure it, and may run nothing: `allow-scripts` must never stand beside it (ADR 12)."""


class HtmlQuery(Query):
    """Remote pictures tell the sender when and where they are looked at: blocked until asked."""

    pictures: Literal["blocked", "shown"] = "blocked"


@Operation(tag="messages", media_type="text/html")
async def show_message_html(request: Request, query: HtmlQuery) -> Response:
    """Show a message's html, sanitized, as a page for a sandboxed frame."""
    given = services(request)
    message_id = request.path_params["message_id"]
    original = await get_original(given.database.sql, viewer(request), message_id)
    if original.html is None:
        raise NotFound(f"Message {message_id} has no html; show its text.")
    pictures = Pictures(query.pictures)
    cid_urls = await _picture_urls(given, message_id)
    cleaned = await asyncio.to_thread(sanitize, original.html, pictures, cid_urls)
    return HTMLResponse(
        page(cleaned, pictures),
        headers={
            "Content-Security-Policy": SANDBOX + content_security_policy(pictures),
            "Cross-Origin-Opener-Policy": "unsafe-none",
            "Referrer-Policy": "no-referrer",
            "X-Remote-Pictures": str(cleaned.remote_pictures),
        },
    )


async def _picture_urls(given: "Services", message_id: UUID) -> dict[str, str]:
    """Return the message's own pictures as data URLs, by content id.

    The page may load nothing from us: its policy names no host of ours.
    """
    urls: dict[str, str] = {}
    left = MOST_PICTURE_BYTES
    for picture in await named_pictures(given.database.sql, message_id):
        media_type = served_type(picture.content_type)
        shown = media_type in SHOWN_INLINE and picture.scan_state is ScanState.CLEAN
        if not shown or picture.size_bytes > left:
            continue
        left -= picture.size_bytes
        content = base64.b64encode(await given.blobs.open(picture.sha256)).decode()
        urls[picture.content_id] = f"data:{media_type};base64,{content}"
    return urls


ROUTES = [Route("/api/messages/{message_id:uuid}/html", show_message_html, methods=["GET"])]
