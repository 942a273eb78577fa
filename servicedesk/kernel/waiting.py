"""What a transaction writes later, as text: several statements become one (pure; ADR 11).

The parts of one PostgreSQL statement do not see one another's rows, so their order means nothing:
rows for one table that several callers hand over are inserted together, as one JSON text that the
database takes apart. That statement is the same for two rows and for two hundred.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from servicedesk.kernel.json_text import json_text, raw_json

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Part:
    """A statement among others, with the values of its `$1`, `$2`, …

    `must_touch`: so many rows, or the whole fails (0: however many).
    """

    statement: str
    values: Sequence[object] = ()
    must_touch: int = 0


_WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
NOTHING = Part("SELECT 1 AS done")
UNHURRIED = Part("SELECT set_config('synchronous_commit', 'off', true) AS done")
"""Ends a transaction whose commit need not be on the disk when it returns (ADR 16)."""


class Waiting:
    """What waits to be written. `together`: rows of one table may be inserted out of turn."""

    def __init__(self, *, together: bool) -> None:
        self._together = together
        self._lots: list[Part | _Insertion] = []
        self._open: dict[tuple[str, tuple[str, ...], str], _Insertion] = {}

    def __bool__(self) -> bool:
        return bool(self._lots)

    @property
    def must_touch(self) -> bool:
        return any(isinstance(lot, Part) and lot.must_touch for lot in self._lots)

    def insert(self, table: str, rows: Rows, tail: str) -> None:
        if not self._together:
            self._lots.append(insertion(table, rows, tail))
            return
        key = (table, tuple(rows[0]), tail)
        lot = self._open.get(key)
        if lot is None:
            lot = self._open[key] = _Insertion(*key, [])
            self._lots.append(lot)
        lot.calls.append(rows)

    def add(self, part: Part) -> None:
        self._lots.append(part)

    def meets(self, part: Part) -> bool:
        """Might the change need that what waits is written first?"""
        return any(_may_meet(lot, part) for lot in self._lots)

    def take(self) -> list[Part]:
        """Return what waits, as few statements; nothing waits then."""
        lots, self._lots, self._open = self._lots, [], {}
        return [lot if isinstance(lot, Part) else lot.as_part() for lot in lots]


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Rows of one table, as they were handed over, call by call."""

    table: str
    columns: tuple[str, ...]
    tail: str
    calls: list[Rows]

    def as_part(self) -> Part:
        """One call's rows go as values; those of several as JSON: their number is never the same,
        and PostgreSQL would have to plan each anew."""
        if len(self.calls) == 1:
            return insertion(self.table, self.calls[0], self.tail)
        text = json_text([_raw(row) for rows in self.calls for row in rows])
        return Part(_bulk_text(self.table, self.columns, self.tail), (text,))


def insertion(table: str, rows: Rows, tail: str = "") -> Part:
    """Return an INSERT of these rows, which all have the same columns."""
    columns = tuple(rows[0])
    values = [row[name] for row in rows for name in columns]
    return Part(_insert_text(table, columns, len(rows), tail), values)


def joined(parts: Sequence[Part]) -> tuple[str, Sequence[object]]:
    """Return one PostgreSQL statement out of several; it answers as the last does."""
    values = [value for part in parts for value in part.values]
    if len(parts) == 1:
        return parts[0].statement, values
    return _joined_text(tuple((part.statement, len(part.values)) for part in parts)), values


def checked(parts: Sequence[Part]) -> tuple[str, Sequence[object]]:
    """Return what `joined` does, for a last part that has rows; it divides by zero, and so does
    nothing at all, unless each part touches as many rows as it must."""
    wanted = [(place, part.must_touch) for place, part in enumerate(parts) if part.must_touch]
    if not wanted:
        return joined(parts)
    returning = [
        replace(part, statement=f"{part.statement} RETURNING 1") if part.must_touch else part
        for part in parts
    ]
    checks = " AND ".join(
        f"(SELECT count(*) FROM part{place}) = ${number}::bigint"
        for number, (place, _) in enumerate(wanted, start=1)
    )
    asked = f"SELECT *, 1 / ({checks})::int AS checked FROM part{len(parts) - 1}"
    return joined([*returning, Part(asked, [count for _, count in wanted])])


def _raw(row: Mapping[str, object]) -> dict[str, object]:
    return {name: raw_json(value) for name, value in row.items()}


def _may_meet(lot: "Part | _Insertion", part: Part) -> bool:
    """A change would miss rows that wait to be inserted, and a row that is changed twice in one
    statement is changed once: changes of one table name rows, and these must differ."""
    now = _written(part.statement)
    if now is None or now[0] == "INSERT INTO":
        return False
    if isinstance(lot, _Insertion):
        return lot.table == now[1]
    before = _written(lot.statement)
    if before is None or now[1] != before[1]:
        return False
    return before[0] == "INSERT INTO" or bool(_names(lot.values) & _names(part.values))


@lru_cache(maxsize=512)
def _written(statement: str) -> tuple[str, str] | None:
    """Return how a statement writes, and to which table."""
    found = _WRITES.match(statement)
    return None if found is None else (found[1], found[2])


def _names(values: Sequence[object]) -> frozenset[object]:
    """Return the ids and other names among the values, those in lists too."""
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return frozenset(one for one in flat if isinstance(one, str | UUID))


@lru_cache(maxsize=512)
def _joined_text(parts: tuple[tuple[str, int], ...]) -> str:
    """Return one statement out of several, each given with its number of values."""
    texts: list[str] = []
    before = 0
    for statement, count in parts:
        texts.append(_counted_from(statement, before))
        before += count
    named = ", ".join(f"part{place} AS ({text})" for place, text in enumerate(texts[:-1]))
    return f"WITH {named} {texts[-1]}"


def _counted_from(statement: str, before: int) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before}", statement)


@lru_cache(maxsize=512)
def _insert_text(table: str, columns: tuple[str, ...], count: int, tail: str) -> str:
    width = len(columns)
    rows = (
        "(" + ", ".join(f"${row * width + column + 1}" for column in range(width)) + ")"
        for row in range(count)
    )
    return f'INSERT INTO "{table}" ({_quoted(columns)}) VALUES {", ".join(rows)} {tail}'


@lru_cache(maxsize=512)
def _bulk_text(table: str, columns: tuple[str, ...], tail: str) -> str:
    names = _quoted(columns)
    source = f'SELECT {names} FROM json_populate_recordset(NULL::"{table}", $1::json)'
    return f'INSERT INTO "{table}" ({names}) {source} {tail}'


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
