"""The skills matrix as a CSV sheet (RFC 4180): a row for each agent, a column for each skill.

The first two columns are `email` and `name`; only the address says who is meant. An empty cell or 0
is no skill. Pure text in, cells out: what the addresses and names stand for is passed in.
"""

import csv
import io
from collections.abc import Mapping
from uuid import UUID

from servicedesk.domain.errors import BadInput
from servicedesk.people.shapes import SkillMatrix
from servicedesk.people.skills import LEVELS, MOST_SKILLS, Cell

FIRST_COLUMNS = ("email", "name")
MOST_ROWS = 20_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_sheet(matrix: SkillMatrix) -> str:
    """Return the whole matrix, with a byte order mark so that spreadsheets read it as UTF-8."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow([*FIRST_COLUMNS, *(_harmless(skill.name) for skill in matrix.skills)])
    for agent in matrix.agents:
        levels = [agent.levels.get(skill.id, 0) or "" for skill in matrix.skills]
        sheet.writerow([_harmless(agent.email), _harmless(agent.name), *levels])
    return "\ufeff" + out.getvalue()


def read_sheet(text: str, users: Mapping[str, UUID], skills: Mapping[str, UUID]) -> list[Cell]:
    """Return the cells of the sheet. `users` by address (lower case), `skills` by name.

    Raises BadInput naming the line, counted from 1, and what to do. A skill that is no column of
    the sheet stays as it is, and so does an agent without a row.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        lines = [row for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInput(f"This is no CSV file: {error}. Save it as CSV (UTF-8).") from None
    if not lines or [name.strip().lower() for name in lines[0][:2]] != list(FIRST_COLUMNS):
        raise BadInput(
            "The first line must begin with email,name, then a column for each skill. "
            "Download the sheet and change that."
        )
    if len(lines) > MOST_ROWS:
        raise BadInput(f"The sheet has {len(lines)} lines; {MOST_ROWS} fit. Split it.")
    columns = _columns(lines[0], skills)
    return [
        cell
        for number, line in enumerate(lines[1:], 2)
        for cell in _cells(number, line, users, columns)
    ]


def _columns(header: list[str], skills: Mapping[str, UUID]) -> list[UUID]:
    names = [_plain(name) for name in header[2:]]
    if len(names) > MOST_SKILLS or len(set(names)) < len(names):
        raise BadInput("A skill has two columns, or there are too many. Keep one for each skill.")
    for name in names:
        if name not in skills:
            raise BadInput(
                f"Line 1: there is no skill {name[:64]!r}. Add it to the skills first, or remove "
                "the column."
            )
    return [skills[name] for name in names]


def _cells(
    number: int, line: list[str], users: Mapping[str, UUID], columns: list[UUID]
) -> list[Cell]:
    email = _plain(line[0]).lower()
    if email not in users:
        raise BadInput(
            f"Line {number}: no active agent has this address. Correct it, or remove the line."
        )
    padded = [*line[2:], *[""] * len(columns)][: len(columns)]
    return [
        Cell(users[email], skill_id, _level(number, text))
        for skill_id, text in zip(columns, padded, strict=True)
    ]


def _level(number: int, text: str) -> int:
    plain = text.strip() or "0"
    if plain not in {str(level) for level in LEVELS}:
        raise BadInput(f"Line {number}: {plain[:20]!r} is no level. Write 1 to 5, or nothing.")
    return int(plain)


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running what a name begins with (OWASP, "CSV injection")."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _plain(text: str) -> str:
    stripped = text.strip()
    quoted = stripped.startswith("'") and stripped[1:].startswith(_FORMULA_STARTS)
    return stripped[1:] if quoted else stripped
