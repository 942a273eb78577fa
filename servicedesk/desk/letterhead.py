"""What stands below and around an agent's words when they go out: signature and frame of the brand.

They are added as the mail leaves: the timeline keeps what the agent wrote.
"""

from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk.template_words import (
    BODY,
    TemplateKind,
    Words,
    as_page,
    choose_language,
    render,
)
from servicedesk.desk.templates import load_words
from servicedesk.kernel.sql import Sql

SIGNED_OFF = "\n\n-- \n"  # RFC 3676 §4.3: mailers fold what follows


@dataclass(frozen=True, slots=True)
class Written:
    """A message of an agent. `languages` are those to look for, best first."""

    brand_id: UUID
    text: str
    html: str | None
    agent_name: str
    ticket_number: int
    languages: tuple[str, ...]


async def dress(sql: Sql, written: Written) -> tuple[str, str | None]:
    """Return text and html as they go out; html only if there was some, or a template has it."""
    rows = await load_words(sql, written.brand_id, (TemplateKind.SIGNATURE, TemplateKind.FRAME))
    if not rows:
        return written.text, written.html
    brand = await sql.fetch_one("SELECT name FROM brand WHERE id = $1", written.brand_id)
    values = {
        "agent_name": written.agent_name,
        "brand": "" if brand is None else brand["name"],
        "ticket_number": str(written.ticket_number),
    }
    signature = _in_language(rows, TemplateKind.SIGNATURE, written)
    frame = _in_language(rows, TemplateKind.FRAME, written)
    return put_together(written, values, signature, frame)


def put_together(
    written: Written, values: dict[str, str], signature: Words | None, frame: Words | None
) -> tuple[str, str | None]:
    """Fill signature and frame in around what was written (pure)."""
    text, html = written.text, written.html
    has_page = html is not None or any(
        one is not None and one.html is not None for one in (signature, frame)
    )
    page = html if html is not None else as_page(text)
    if signature is not None:
        filled = render(signature, values)
        text = f"{text.rstrip()}{SIGNED_OFF}{filled.text}"
        below = as_page(filled.text) if filled.html is None else filled.html
        page = f"{page}<br>\n-- <br>\n{below}"
    if frame is not None:
        filled = render(frame, {**values, BODY: text}, page)
        text = filled.text
        page = page if filled.html is None else filled.html
    return text, page if has_page else None


def _in_language(
    rows: dict[TemplateKind, dict[str, Words]], kind: TemplateKind, written: Written
) -> Words | None:
    known = rows.get(kind, {})
    language = choose_language(list(written.languages), list(known), [])
    return None if language is None else known[language]
