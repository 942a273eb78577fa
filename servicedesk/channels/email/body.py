"""Which parts are the text, which the page, which are files: RFC 8621 §4.1.4, with its defaults.

The rule is that of JMAP's `parseStructure`, so that an html-only mail shows its page as text too.
"""

from dataclasses import dataclass, field

from servicedesk.channels.email.mime import Part
from servicedesk.channels.email.part_facts import is_attachment, is_inline_media, part_name


@dataclass(slots=True)
class Body:
    """Leaves in reading order. A part in `text` and `html` is the only form that there is."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


def choose_body(root: Part) -> Body:
    """Sort every leaf into text, html and files; nothing is left out."""
    body = Body()
    _sort([root], "mixed", body, _Targets(text=True, html=True, in_alternative=False))
    return body


@dataclass(frozen=True, slots=True)
class _Targets:
    """Whether the text and the html side still take parts here."""

    text: bool
    html: bool
    in_alternative: bool


def _sort(parts: list[Part], multipart: str, body: Body, targets: _Targets) -> None:
    texts_before, pages_before = len(body.text), len(body.html)
    open_targets = targets
    for place, part in enumerate(parts):
        if part.is_multipart and part.children:
            kind = part.content_type.removeprefix("multipart/")
            inner = _Targets(
                open_targets.text,
                open_targets.html,
                open_targets.in_alternative or kind == "alternative",
            )
            _sort(list(part.children), kind, body, inner)
        elif not _shown_inline(part, place, multipart):
            body.files.append(part)
        else:
            open_targets = _place(part, multipart, body, open_targets)
    if multipart == "alternative" and targets.text and targets.html:
        _fill_missing_side(body, texts_before, pages_before)


def _shown_inline(part: Part, place: int, multipart: str) -> bool:
    if is_attachment(part):
        return False
    media = is_inline_media(part)
    if part.content_type not in ("text/plain", "text/html") and not media:
        return False
    return place == 0 or (multipart != "related" and (media or not part_name(part)))


def _place(part: Part, multipart: str, body: Body, targets: _Targets) -> _Targets:
    """Put a shown part where it belongs; says which sides still take parts after it."""
    if multipart == "alternative":
        if part.content_type == "text/plain":
            body.text.append(part)
        elif part.content_type == "text/html":
            body.html.append(part)
        else:
            body.files.append(part)
        return targets
    if targets.in_alternative:
        if part.content_type == "text/plain":
            targets = _Targets(targets.text, html=False, in_alternative=True)
        elif part.content_type == "text/html":
            targets = _Targets(text=False, html=targets.html, in_alternative=True)
    if targets.text:
        body.text.append(part)
    if targets.html:
        body.html.append(part)
    if is_inline_media(part):
        body.files.append(part)
    return targets


def _fill_missing_side(body: Body, texts_before: int, pages_before: int) -> None:
    if len(body.text) == texts_before:
        body.text.extend(body.html[pages_before:])
    elif len(body.html) == pages_before:
        body.html.extend(body.text[texts_before:])
