"""An understood arrival goes to the desk: what it is, where it belongs, what becomes of it.

Everything here runs in the transaction that ends the arrival.
"""

from dataclasses import dataclass, replace

from servicedesk.desk.bounced import BOUNCE_ADDRESS, mark_bounced
from servicedesk.desk.by_mail import answer_by_mail, pass_on
from servicedesk.desk.contacts import find_sender
from servicedesk.desk.inbox_rules import rules_of
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.incoming import Incoming, Stored
from servicedesk.desk.joined import join_inbox
from servicedesk.desk.notices import NOTICE_ID
from servicedesk.desk.queueing import ExternalIds
from servicedesk.desk.receive import receive
from servicedesk.domain.messages import Inbound, MailClass
from servicedesk.intake import arrivals, once
from servicedesk.intake.arrivals import (
    LET_IN,
    WHOLE_SIZE,
    Arrival,
    ArrivalState,
    Outcome,
    Standing,
)
from servicedesk.intake.fate import Fate, as_stranger, fate_of
from servicedesk.intake.thread_facts import load_thread_facts
from servicedesk.intake.threading import decide
from servicedesk.intake.views_foreseen import Foreseen
from servicedesk.kernel.work import Work

NOT_FIRST = {Standing.REPEATED: ArrivalState.DUPLICATE, Standing.TAKEN: ArrivalState.STORED}


@dataclass(frozen=True, slots=True)
class Understood:
    """An arrival with what its channel made of it.

    `own`: every address of ours on the channel, at least those that the message names.
    `foreseen`: what was read of a message that came for the first time, if it was.
    """

    arrival: Arrival
    inbox: InboxFacts
    inbound: Inbound
    stored: Stored
    own: frozenset[str]
    foreseen: Foreseen | None = None

    @property
    def let_in(self) -> bool:
        """A person said that it is a person's, whatever it looks like."""
        return bool(self.arrival.envelope.get(LET_IN))


async def hand_over(work: Work, understood: Understood, external_ids: ExternalIds) -> ArrivalState:
    """Give the arrival to the desk, or set it aside; write down and return what became of it."""
    outcome = await _outcome(work, understood, external_ids)
    if outcome.state is ArrivalState.STORED:
        return outcome.state
    await arrivals.finish(work, understood.arrival.id, outcome)
    if outcome.state is ArrivalState.SUSPENDED:
        arrival = understood.arrival
        payload = {"arrival_id": str(arrival.id), "inbox_id": str(arrival.inbox_id)}
        work.record("arrival.suspended", payload=payload)
    return outcome.state


async def _outcome(work: Work, understood: Understood, external_ids: ExternalIds) -> Outcome:
    inbound = replace(understood.inbound, mail_class=_class_here(understood))
    foreseen = understood.foreseen
    free = foreseen is not None
    standing = await arrivals.take_key(work, understood.arrival.id, inbound, free=free)
    if standing is not Standing.FIRST:
        return Outcome(NOT_FIRST[standing])
    sender = (
        foreseen.sender
        if foreseen is not None
        else await find_sender(work.sql, inbound.channel, inbound.sender.value)
    )
    if sender.user_id is not None and inbound.original_author is not None:
        inbound = await _without_our_author(work, inbound, understood.own)
    belonging = decide(inbound, await load_thread_facts(work.sql, inbound))
    belonging = as_stranger(inbound, belonging, sender.user_id)
    fate = fate_of(inbound, belonging, sender.user_id)
    if fate is Fate.SUSPEND:
        return Outcome(ArrivalState.SUSPENDED, reason=inbound.mail_class.value)
    if fate is Fate.MARK:
        return await _mark(work, inbound)
    incoming = Incoming(
        inbound,
        belonging,
        understood.stored,
        sender,
        understood.own,
        not understood.let_in,
        foreseen.foreknown if foreseen is not None else None,
    )
    first = await once.claim_mail(work, understood.arrival.id, incoming, free=free)
    if first is not None:
        await join_inbox(work, understood.inbox, inbound, first.ticket_id, first.message_id)
        return Outcome(ArrivalState.ACCEPTED, None, first.ticket_id, first.message_id)
    match fate:
        case Fate.FORWARDED:
            await pass_on(work, understood.inbox, incoming, external_ids)
        case Fate.ANSWER:
            await answer_by_mail(work, understood.inbox, incoming, external_ids)
        case Fate.RECEIVE:
            await receive(work, understood.inbox, incoming, external_ids)
    return Outcome(ArrivalState.ACCEPTED, None, incoming.ticket_id, incoming.message_id)


async def _without_our_author(work: Work, inbound: Inbound, own: frozenset[str]) -> Inbound:
    """A forwarded mail that we wrote ourselves is nobody's question."""
    author = inbound.original_author
    if author is None:
        return inbound
    written_by = await find_sender(work.sql, inbound.channel, author.value)
    is_ours = author.value in own or written_by.user_id is not None
    return replace(inbound, original_author=None) if is_ours else inbound


async def _mark(work: Work, inbound: Inbound) -> Outcome:
    """A notice about delivery marks the message it tells of; one about no message of ours waits."""
    marked = await mark_bounced(work, inbound)
    if marked is None:
        return Outcome(ArrivalState.SUSPENDED, reason=inbound.mail_class.value)
    return Outcome(ArrivalState.ACCEPTED, None, marked.ticket_id, marked.message_id)


def _class_here(understood: Understood) -> MailClass:
    """What the mail is to this inbox: what only the desk knows comes on top of its headers."""
    inbound = understood.inbound
    if understood.let_in:
        return MailClass.PERSON
    if understood.arrival.envelope.get(WHOLE_SIZE):
        return MailClass.OVERSIZE
    if inbound.sender.value in understood.own or _answers_a_notice(understood):
        return MailClass.OWN_LOOP
    invited = inbound.list_id in rules_of(understood.inbox).people_lists
    if inbound.mail_class is MailClass.MAILING_LIST and invited:
        return MailClass.PERSON
    if inbound.mail_class is MailClass.PERSON and _went_to_bounce_address(inbound):
        return MailClass.AUTO_REPLY
    return inbound.mail_class


def _answers_a_notice(understood: Understood) -> bool:
    """A mail of the desk to its own users is answered by nobody: it says so itself."""
    hosts = {address.rpartition("@")[2] for address in understood.own}
    local, _, host = understood.inbound.in_reply_to.partition("@")
    return local.startswith(NOTICE_ID) and host in hosts


def _went_to_bounce_address(inbound: Inbound) -> bool:
    """Only programs answer the envelope sender (RFC 3834 §4): servers and responders."""
    return any(token.found_in == BOUNCE_ADDRESS for token in inbound.tokens)
