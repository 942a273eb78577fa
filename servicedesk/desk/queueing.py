"""An outbound message gets in line: its foreign id and its outbox row. Nobody waits for it."""

from typing import Protocol

from servicedesk.desk import messages
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import Address, ChannelKind
from servicedesk.kernel import outbox
from servicedesk.kernel.outbox import NewOutbox
from servicedesk.kernel.work import Work


class ExternalIds(Protocol):
    """A channel fixes the id of an outgoing message before the first attempt."""

    def new_external_id(self, ticket_id: TicketId, message_id: MessageId, address: str) -> str: ...


async def queue_message(
    work: Work,
    external_ids: ExternalIds,
    inbox: InboxFacts,
    of: tuple[TicketId, MessageId],
    first_recipient: Address,
) -> None:
    """Put a written message in line; `of` are its ticket and itself."""
    ticket_id, message_id = of
    external_id = external_ids.new_external_id(ticket_id, message_id, inbox.address)
    await messages.insert_reference(work, inbox.id, external_id, ticket_id, message_id)
    await outbox.enqueue(
        work,
        NewOutbox(
            channel=inbox.channel,
            inbox_id=inbox.id,
            message_id=message_id,
            ticket_id=ticket_id,
            destination=_destination(inbox.channel, first_recipient),
            external_id=external_id,
        ),
    )


def _destination(channel: ChannelKind, address: Address) -> str:
    """What back-off counts by: the mail domain, else the address itself."""
    if channel is ChannelKind.EMAIL:
        return address.value.rpartition("@")[2]
    return address.value
