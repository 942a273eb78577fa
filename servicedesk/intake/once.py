"""One mail to several inboxes is one ticket: who lets it in first says which.

The key is unique over all inboxes, so the second waits until the first has committed.
"""

from dataclasses import dataclass

from servicedesk.desk.incoming import Incoming
from servicedesk.domain.ids import ArrivalId, MessageId, TicketId
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_uuid
from servicedesk.kernel.work import Work


@dataclass(frozen=True, slots=True)
class LetInBefore:
    """Where the same mail, let in through another inbox, lies."""

    ticket_id: TicketId
    message_id: MessageId


async def claim_mail(
    work: Work, arrival_id: ArrivalId, incoming: Incoming, *, free: bool
) -> LetInBefore | None:
    """Note that this mail is let in now; if it was before, return where it lies.

    `free`: it was not, a moment ago. If it is by now, the story fails with an IntegrityError.
    """
    inbound = incoming.inbound
    row = {
        "id": new_id(),
        "external_id": inbound.external_id[:512],
        "content_hash": inbound.content_hash,
        "arrival_id": arrival_id,
        "ticket_id": incoming.ticket_id,
        "message_id": incoming.message_id,
        "created_at": work.now,
    }
    if free:
        await work.sql.insert_later("mail_once", [row])
        return None
    if await work.sql.insert("mail_once", [row], "ON CONFLICT DO NOTHING"):
        return None
    found = await work.sql.fetch_one(
        "SELECT m.id, m.ticket_id FROM mail_once o JOIN message m ON m.id = o.message_id "
        "WHERE o.external_id = $1 AND o.content_hash = $2",
        row["external_id"],
        row["content_hash"],
    )
    if found is None:  # its message is gone: this is the mail now
        return None
    return LetInBefore(TicketId(as_uuid(found["ticket_id"])), MessageId(as_uuid(found["id"])))
