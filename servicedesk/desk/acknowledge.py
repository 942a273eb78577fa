"""A new ticket is acknowledged: only a person's mail, once for each ticket, within the brakes."""

from servicedesk.desk.automatic import Occasion, write_by_itself
from servicedesk.desk.brakes import Letter
from servicedesk.desk.contacts import find_sender
from servicedesk.desk.inbox_rules import rules_of
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.incoming import Incoming
from servicedesk.desk.queueing import ExternalIds
from servicedesk.desk.template_words import TemplateKind
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.messages import Address
from servicedesk.kernel.work import Work


async def acknowledge(
    work: Work,
    inbox: InboxFacts,
    incoming: Incoming,
    ticket: TicketFacts,
    external_ids: ExternalIds,
) -> None:
    """Write and queue the acknowledgement of a ticket that was just opened, if one is due."""
    if not (rules_of(inbox).acknowledge and incoming.welcome and incoming.asks_for_work):
        return
    inbound = incoming.inbound
    if inbound.authenticated is False:
        return  # it would go to whom somebody pretended to be
    to = inbound.reply_to or inbound.sender
    if to.value == inbound.sender.value:
        dead = incoming.sender.dead
    else:
        dead = (await find_sender(work.sql, inbound.channel, to.value)).dead
    letter = Letter(
        address=to.value,
        subject=inbound.subject,
        hops=inbound.hops,
        own=to.value in incoming.own,
        dead=dead,
    )
    languages = (incoming.sender.locale, inbound.language)
    occasion = Occasion(
        TemplateKind.ACKNOWLEDGEMENT,
        Address(to.value, to.name or inbound.sender.name),
        inbound.sender.name.strip() or inbound.sender.value,
        incoming.subject,
        tuple(tag for tag in languages if tag),
        letter,
    )
    await write_by_itself(work, external_ids, inbox, ticket, occasion)
