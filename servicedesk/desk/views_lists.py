"""The lists of tickets: what is in them, in which order, page by page (keyset, never OFFSET)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, assert_never
from uuid import UUID

from servicedesk.desk.shapes import TicketSummary
from servicedesk.desk.views_summaries import read_summary, summaries_of
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.sql import Sql
from servicedesk.people.visibility import visible_condition

UNSETTLED = (TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.ON_HOLD)


class TicketView(StrEnum):
    MINE = "mine"  # assigned to the viewer
    UNASSIGNED = "unassigned"
    TEAM = "team"  # of the viewer's teams
    ALL = "all"  # everything the viewer may see


class TicketSort(StrEnum):
    HURT = "hurt"  # whose contact has waited longest, then the rest by change
    UPDATED = "updated"  # newest change first
    CREATED = "created"  # newest first


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """Which tickets. Without statuses, MINE and UNASSIGNED leave out the settled ones.

    `words` are looked for in the subject and in the contact's name and addresses; a whole number
    (also "#10001") is looked for among the ticket numbers too.
    """

    view: TicketView = TicketView.ALL
    statuses: tuple[TicketStatus, ...] = ()
    queue_id: UUID | None = None
    contact_id: UUID | None = None
    words: str = ""
    sort: TicketSort = TicketSort.HURT


class TicketPlace(NamedTuple):
    """Where a page ended: the keys of its last ticket."""

    waiting_since: datetime | None
    updated_at: datetime
    number: int
    id: UUID


def place_of(ticket: TicketSummary) -> TicketPlace:
    return TicketPlace(ticket.waiting_since, ticket.updated_at, ticket.number, ticket.id)


async def list_tickets(
    sql: Sql, viewer: Viewer, query: TicketQuery, after: TicketPlace | None, limit: int
) -> list[TicketSummary]:
    """Return at most `limit` tickets that the viewer may see, after the given place.

    One statement, two where a page of HURT spans those who wait and those who do not.
    """
    if query.sort is not TicketSort.HURT:
        return await _fetch(sql, _Statement(sql, viewer, query), query.sort, after, limit)
    found: list[TicketSummary] = []
    if after is None or after.waiting_since is not None:
        waiting = _Statement(sql, viewer, query)
        waiting.require("t.waiting_since IS NOT NULL")
        found = await _fetch(sql, waiting, TicketSort.HURT, after, limit)
        after = None
    if len(found) < limit:
        quiet = _Statement(sql, viewer, query)
        quiet.require("t.waiting_since IS NULL")
        found += await _fetch(sql, quiet, TicketSort.UPDATED, after, limit - len(found))
    return found


async def count_tickets(sql: Sql, viewer: Viewer, query: TicketQuery) -> int:
    """Count the tickets of the query that the viewer may see."""
    statement = _Statement(sql, viewer, query)
    row = await sql.fetch_one(
        f"SELECT count(*) AS number FROM ticket t WHERE {statement.condition}", *statement.values
    )
    return int(row["number"]) if row else 0


async def _fetch(
    sql: Sql,
    statement: "_Statement",
    sort: TicketSort,
    after: TicketPlace | None,
    limit: int,
) -> list[TicketSummary]:
    rows = await sql.fetch(statement.page(sort, after, limit), *statement.values)
    return [read_summary(row) for row in rows]


class _Statement:
    """Conditions and their values, gathered in the order of their placeholders."""

    def __init__(self, sql: Sql, viewer: Viewer, query: TicketQuery) -> None:
        self._sql = sql
        self._viewer = viewer
        self._conditions: list[str] = []
        self.values: list[object] = []
        visible, values = visible_condition(
            viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=1
        )
        self.require(visible)
        self.values += values
        self._require_view(query)
        self._require_filters(query)

    @property
    def condition(self) -> str:
        return " AND ".join(self._conditions)

    def require(self, condition: str) -> None:
        self._conditions.append(condition)

    def number(self, value: object) -> str:
        """Add a value and return its placeholder."""
        self.values.append(value)
        return f"${len(self.values)}"

    def page(self, sort: TicketSort, after: TicketPlace | None, limit: int) -> str:
        order = self._order(sort, after)
        cut = f"ORDER BY {order} LIMIT {self.number(limit)}"
        chosen = f"(SELECT t.* FROM ticket t WHERE {self.condition} {cut}) t"
        self.values.append(self._viewer.user_id)
        return f"{summaries_of(chosen, viewer_number=len(self.values))} ORDER BY {order}"

    def _order(self, sort: TicketSort, after: TicketPlace | None) -> str:
        """Require what follows the place, and return the order: no two tickets share a place."""
        match sort:
            case TicketSort.HURT:
                if after is not None:
                    since, last = self.number(after.waiting_since), self.number(after.id)
                    self.require(f"(t.waiting_since, t.id) > ({since}, {last})")
                return "t.waiting_since, t.id"
            case TicketSort.UPDATED:
                if after is not None:
                    at, last = self.number(after.updated_at), self.number(after.id)
                    self.require(f"(t.updated_at, t.id) < ({at}, {last})")
                return "t.updated_at DESC, t.id DESC"
            case TicketSort.CREATED:
                if after is not None:
                    self.require(f"t.number < {self.number(after.number)}")
                return "t.number DESC"
        assert_never(sort)

    def _require_view(self, query: TicketQuery) -> None:
        match query.view:
            case TicketView.MINE:
                self.require(f"t.assignee_id = {self.number(self._viewer.user_id)}")
            case TicketView.UNASSIGNED:
                self.require("t.assignee_id IS NULL")
            case TicketView.TEAM:
                self._require_member("t.team_id", sorted(self._viewer.team_ids))
            case TicketView.ALL:
                pass
        unsettled = UNSETTLED if query.view in (TicketView.MINE, TicketView.UNASSIGNED) else ()
        statuses = query.statuses or unsettled
        if statuses:
            self._require_member("t.status", [status.value for status in statuses])

    def _require_filters(self, query: TicketQuery) -> None:
        if query.queue_id is not None:
            self.require(f"t.queue_id = {self.number(query.queue_id)}")
        if query.contact_id is not None:
            self.require(f"t.contact_id = {self.number(query.contact_id)}")
        if query.words.strip():
            self._require_words(query.words.strip())

    def _require_member(self, column: str, values: Sequence[object]) -> None:
        self.values.append(list(values))
        self.require(self._sql.member(column, len(self.values)))

    def _require_words(self, words: str) -> None:
        like = "LIKE" if self._sql.on_sqlite else "ILIKE"
        pattern = self.number(_pattern(words))
        ways = [
            f"t.subject {like} {pattern} ESCAPE '!'",
            f"""EXISTS (SELECT 1 FROM contact c
                WHERE c.id = t.contact_id AND c.name {like} {pattern} ESCAPE '!')""",
            f"""EXISTS (SELECT 1 FROM contact_identity i
                WHERE i.contact_id = t.contact_id AND i.value {like} {pattern} ESCAPE '!')""",
        ]
        digits = words.removeprefix("#")
        if digits.isdecimal() and len(digits) <= MOST_DIGITS:
            ways.append(f"t.number = {self.number(int(digits))}")
        self.require(f"({' OR '.join(ways)})")


MOST_DIGITS = 18
"""More do not fit a bigint, so no ticket has them."""


def _pattern(words: str) -> str:
    """Return the words as a LIKE pattern, where nothing but our own % is special."""
    for special in "!%_":
        words = words.replace(special, f"!{special}")
    return f"%{words}%"
