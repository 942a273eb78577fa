"""Templates: texts with `{{variables}}`, filled in one pass (pure).

There is no logic and no second pass: a value that looks like a variable stays as it is. In HTML
every value is escaped, the body of a frame apart, which is HTML already.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.domain.errors import BadInput

VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
BODY = "body"


class TemplateKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    STILL_WAITING = "still_waiting"  # a step of the queue tells the contact
    CALLBACK_OFFER = "callback_offer"  # and one offers to call them
    SIGNATURE = "signature"  # below what an agent writes
    FRAME = "frame"  # around it, signature included


ABOUT_TICKET = ("ticket_number", "subject", "contact_name", "brand")
TO_CONTACTS = frozenset(
    {TemplateKind.ACKNOWLEDGEMENT, TemplateKind.STILL_WAITING, TemplateKind.CALLBACK_OFFER}
)
"""Mails of their own, so they have a subject."""

VARIABLES: dict[TemplateKind, tuple[str, ...]] = {
    TemplateKind.ACKNOWLEDGEMENT: ABOUT_TICKET,
    TemplateKind.STILL_WAITING: ABOUT_TICKET,
    TemplateKind.CALLBACK_OFFER: ABOUT_TICKET,
    TemplateKind.SIGNATURE: ("agent_name", "brand"),
    TemplateKind.FRAME: (BODY, "agent_name", "brand", "ticket_number"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A text for mail. `subject` only where the kind has one; `html` None: text alone."""

    subject: str
    text: str
    html: str | None


def check_words(kind: TemplateKind, words: Words) -> None:
    """Raise BadInput, naming the field, for what could not be filled in."""
    for field, text in (("subject", words.subject), ("text", words.text), ("html", words.html)):
        _check(kind, field, text or "")
    if not words.text.strip():
        raise BadInput("A template needs a text. Write one.", path="text")
    if kind in TO_CONTACTS and not words.subject.strip():
        raise BadInput("A mail to contacts needs a subject. Write one.", path="subject")
    if kind is TemplateKind.FRAME:
        for field, text in (("text", words.text), ("html", words.html)):
            if text is not None and BODY not in VARIABLE.findall(text):
                raise BadInput("A frame needs {{body}}, where the message goes.", path=field)


def _check(kind: TemplateKind, field: str, text: str) -> None:
    known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES[kind])
    for name in VARIABLE.findall(text):
        if name not in VARIABLES[kind]:
            raise BadInput(f"There is no variable {{{{{name}}}}} here. Use {known}.", path=field)
    rest = VARIABLE.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise BadInput(f"A variable is written like {{{{brand}}}}. Use {known}.", path=field)


def render(words: Words, values: Mapping[str, str], body_html: str = "") -> Words:
    """Fill the variables in; one without a value is nothing. The subject stays one line."""
    escaped = {name: html.escape(value) for name, value in values.items()}
    page = None if words.html is None else _fill(words.html, {**escaped, BODY: body_html})
    subject = " ".join(_fill(words.subject, values).split())
    return Words(subject, _fill(words.text, values), page)


def _fill(text: str, values: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: values.get(found[1], ""), text)


def as_page(text: str) -> str:
    """Return plain text as HTML that looks the same."""
    return html.escape(text).replace("\n", "<br>\n")


def choose_language(wanted: list[str], own: list[str], built_in: list[str]) -> str | None:
    """Return the language to write in: the first wanted one that there is, by its whole tag and
    then by its first part ("zh" takes "zh-CN"); else the brand's first own, else one built in.
    """
    known = [*own, *built_in]
    for tag in wanted:
        stem = tag.partition("-")[0].lower()
        fits = [one for one in known if one.lower() == tag.lower()]
        fits += [one for one in known if one.partition("-")[0].lower() == stem]
        if fits:
            return fits[0]
    return next(iter(known), None)
