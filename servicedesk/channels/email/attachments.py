"""The files of a mail, in reading order, with safe names."""

import re

from servicedesk.channels.email.body import Body
from servicedesk.channels.email.mime import Part
from servicedesk.channels.email.part_facts import (
    content_id,
    disposition,
    file_name,
    is_inline_media,
)
from servicedesk.domain.messages import InboundAttachment

CID = re.compile(r"[\"'(]cid:([^\"'\s)>]{1,255})", re.IGNORECASE)


def read_attachments(root: Part, body: Body, html: str | None) -> tuple[InboundAttachment, ...]:
    """Every leaf that is neither the text nor the page, and media that are shown inside of it."""
    referenced = frozenset(CID.findall(html or ""))
    shown = {id(part) for part in (*body.text, *body.html) if not is_inline_media(part)}
    leaves = [part for part in _leaves(root) if id(part) not in shown]
    return tuple(_read(part, place, referenced) for place, part in enumerate(leaves, start=1))


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
