"""The chosen body parts as one text and as one page."""

import html as html_entities
import re
from collections.abc import Iterable

from servicedesk.channels.email.charsets import decode
from servicedesk.channels.email.html_text import html_to_text
from servicedesk.channels.email.limits import LIMITS
from servicedesk.channels.email.mime import Part

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,40})", re.IGNORECASE)


def body_text(parts: Iterable[Part], defects: list[str]) -> str:
    """All text parts, an html one as its visible text; line ends are \\n, nothing at the ends."""
    texts = []
    for part in parts:
        if part.content_type == "text/html":
            texts.append(html_to_text(_decoded(part, LIMITS.html_bytes, defects)))
        elif part.content_type.startswith(("text/", "message/")):
            text = _decoded(part, LIMITS.text_bytes, defects)
            texts.append(_unflow(text, part) if part.parameters.get("format") else text)
    joined = "\n\n".join(stripped for text in texts if (stripped := text.strip("\n")).strip())
    return joined.strip("\n")


def body_html(parts: list[Part], defects: list[str]) -> str | None:
    """The html parts as they came, plain ones between them escaped; None without an html part."""
    if not any(part.content_type == "text/html" for part in parts):
        return None
    pages = []
    for part in parts:
        if part.content_type == "text/html":
            pages.append(_decoded(part, LIMITS.html_bytes, defects))
        elif part.content_type == "text/plain":
            text = html_entities.escape(_decoded(part, LIMITS.text_bytes, defects))
            if text.strip():
                pages.append(f'<div style="white-space:pre-wrap">{text}</div>')
    return "\n".join(pages)


def _decoded(part: Part, limit: int, defects: list[str]) -> str:
    content = part.content()
    if len(content) > limit:
        defects.append("text-too-long")
        content = content[:limit]
    label = part.parameters.get("charset", "")
    if not label and part.content_type == "text/html":
        found = META_CHARSET.search(content, 0, 4_000)
        label = found[1].decode("ascii") if found else ""
    decoded = decode(content, label)
    if decoded.defect:
        defects.append(decoded.defect)
    return decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _unflow(text: str, part: Part) -> str:
    """Undo format=flowed (RFC 3676): a line that ends in a space goes on in the next."""
    if part.parameters["format"].lower() != "flowed":
        return text
    delete_space = part.parameters.get("delsp", "").lower() == "yes"
    out: list[str] = []
    joins = False
    depth_before = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:]
        rest = rest[1:] if rest.startswith(" ") else rest
        if not joins or depth != depth_before:
            out += ("\n", f"{'>' * depth} " if depth else "")
        joins = rest.endswith(" ") and rest != "-- "
        out.append(rest[:-1] if joins and delete_space else rest)
        depth_before = depth
    return "".join(out[1:])
