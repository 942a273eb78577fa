"""What a message that opens a ticket needs, read before its transaction begins.

One statement instead of six. What changed since then breaks a constraint of what the story writes,
or changes as it would a moment after the story's own reading.
"""

from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk.views_clocks import Opening
from servicedesk.domain.ids import ContactId, QueueId, TeamId
from servicedesk.kernel.sql import Row, as_uuid
from servicedesk.routing.facts import QueueFacts


@dataclass(frozen=True, slots=True)
class Foreknown:
    """`queue` is the inbox's. `row` has what `load_opening` reads, empty for a contact who is not
    there yet."""

    queue: QueueFacts
    row: Row

    def queue_with(self, queue_id: QueueId) -> QueueFacts | None:
        """Return the queue if it is the one; a rule may have named another."""
        return self.queue if self.queue.id == queue_id else None

    def opening(self, queue_id: UUID, contact_id: ContactId, name: str) -> Opening | None:
        """Return what the ticket begins with in this queue; `name`: of the contact, if new."""
        if self.queue.id != queue_id or not self.row["number"]:
            return None
        known = self.row["contact_id"]
        row = self.row if known else {**self.row, "contact_id": contact_id, "contact_name": name}
        if as_uuid(row["contact_id"]) != contact_id:
            return None
        return Opening(
            int(row["number"]),
            QueueId(queue_id),
            TeamId(as_uuid(row["team_id"])),
            contact_id,
            row,
        )
