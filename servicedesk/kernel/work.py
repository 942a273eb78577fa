"""The unit of work: one story, one transaction, its journal entries last, then the doorbells.

`Database.work` opens one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.ids import Position
from servicedesk.kernel import journal
from servicedesk.kernel.bulk import insert_bulk_later
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.journal import NewEntry
from servicedesk.kernel.sql import Sql


@dataclass(frozen=True, slots=True)
class NewEffect:
    """Something asked of a higher layer. `due_at` None: at once."""

    kind: str
    once_key: str
    ticket_id: UUID | None = None
    order_id: UUID | None = None
    arguments: Mapping[str, object] | None = None
    due_at: datetime | None = None


class Work:
    """What a story holds while it runs: its connection, its time and what it will have recorded."""

    def __init__(self, sql: Sql, actor: Actor, now: datetime) -> None:
        self.sql = sql
        self.actor = actor
        self.now = now
        self.position = Position(0)
        self._entries: list[NewEntry] = []
        self._bells: dict[Topic, None] = {}

    def record(
        self,
        kind: str,
        *,
        ticket_id: UUID | None = None,
        order_id: UUID | None = None,
        payload: Mapping[str, object] | None = None,
        trace: Mapping[str, object] | None = None,
    ) -> None:
        """Note what happened. Call it after the rows it tells of are locked or written."""
        self._entries.append(NewEntry(kind, ticket_id, order_id, payload or {}, trace))

    async def ask(
        self,
        kind: str,
        once_key: str,
        *,
        ticket_id: UUID | None = None,
        order_id: UUID | None = None,
        arguments: Mapping[str, object] | None = None,
    ) -> None:
        """Leave an effect for a higher layer; a second one with the same key is dropped."""
        await self.ask_all([NewEffect(kind, once_key, ticket_id, order_id, arguments)])

    async def ask_all(self, wanted: Sequence[NewEffect]) -> None:
        """Leave several effects in one statement."""
        if not wanted:
            return
        rows = [
            {
                "id": new_id(),
                "kind": new.kind,
                "once_key": new.once_key,
                "ticket_id": new.ticket_id,
                "order_id": new.order_id,
                "arguments": dict(new.arguments or {}),
                "state": "waiting",
                "due_at": new.due_at or self.now,
                "created_at": self.now,
            }
            for new in wanted
        ]
        await insert_bulk_later(self.sql, "effect", rows, "ON CONFLICT DO NOTHING")
        self.ring(Topic.EFFECTS)

    def ring(self, topic: Topic) -> None:
        """Ring a doorbell after the commit."""
        self._bells[topic] = None

    async def write_entries(self, *, later: bool = False) -> int:
        """Write the noted entries; return the last one's id, 0 if there were none.

        `later`: with the end of the transaction, and the id is not known.
        """
        if not self._entries:
            return 0
        if later:
            await journal.write_later(self.sql, self.now, self.actor, self._entries)
            return 0
        last_id = await journal.write(self.sql, self.now, self.actor, self._entries)
        if self.sql.on_sqlite:
            await journal.stamp(self.sql, last_id)
        return last_id

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of what was noted so far, in order."""
        return tuple(entry.kind for entry in self._entries)

    @property
    def bells(self) -> tuple[Topic, ...]:
        return (*self._bells, *((Topic.JOURNAL,) if self._entries else ()))
