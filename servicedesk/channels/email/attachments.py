"""The files of a mail, in reading order, with safe names."""

import re

from servicedesk.channels.email.body import Body
from servicedesk.channels.email.invitation import is_calendar
from servicedesk.channels.email.mime import Part
from servicedesk.channels.email.part_facts import (
    content_id,
    disposition,
    file_name,
    is_attachment,
    is_inline_media,
    part_name,
)
from servicedesk.domain.messages import InboundAttachment

CID = "cid:"
IDENTITY = re.compile(r"[^\"'\s)>]{1,255}")


def read_attachments(root: Part, body: Body, html: str | None) -> tuple[InboundAttachment, ...]:
    """Every leaf that is neither the text nor the page, and media that are shown inside of it."""
    referenced = _referenced(html or "")
    shown = {id(part) for part in (*body.text, *body.html) if not is_inline_media(part)}
    leaves = [part for part in _leaves(root) if id(part) not in shown and not _is_nothing(part)]
    if any(is_calendar(part) and is_attachment(part) for part in leaves):
        leaves = [part for part in leaves if not _is_bare_calendar(part)]
    return tuple(_read(part, place, referenced) for place, part in enumerate(leaves, start=1))


def _referenced(html: str) -> frozenset[str]:
    """The Content-IDs that a page shows. Found by hand: a pattern for them costs ten times it."""
    lower = html.lower()
    if len(lower) != len(html):  # a letter whose small form is longer
        lower = html
    found = set()
    at = lower.find(CID)
    while at >= 0:
        identity = IDENTITY.match(html, at + len(CID))
        if identity is not None and html[at - 1 : at] in ('"', "'", "("):
            found.add(identity[0])
        at = lower.find(CID, at + 1)
    return frozenset(found)


def _is_nothing(part: Part) -> bool:
    """A picture without a byte in it: its program forgot to put it in."""
    return is_inline_media(part) and not part.raw_body().strip()


def _is_bare_calendar(part: Part) -> bool:
    """The form of an invitation that programs read; its file comes beside it."""
    return part.content_type == "text/calendar" and not (part_name(part) or is_attachment(part))


def _leaves(part: Part) -> list[Part]:
    """Leaves of the mail itself: a nested message is one file, not taken apart."""
    if part.is_multipart:
        return [leaf for child in part.children for leaf in _leaves(child)]
    return [part]


def _read(part: Part, place: int, referenced: frozenset[str]) -> InboundAttachment:
    identity = content_id(part)
    said = disposition(part)
    is_shown = bool(identity) and is_inline_media(part) and said != "attachment"
    return InboundAttachment(
        filename=file_name(part, place),
        content_type=part.content_type[:127],
        content=part.content(),
        inline=said == "inline" or is_shown or identity in referenced,
        content_id=identity,
    )
