"""What becomes of a message that was understood: one table over its class and where it belongs.

Only a person's mail opens, reopens, starts clocks and is acknowledged. Bounces never open a ticket;
what answers a ticket joins it; the rest is set aside with its class as the cause, from where a
person lets it in.
"""

from enum import StrEnum
from typing import assert_never

from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import Inbound, MailClass
from servicedesk.intake.threading import GATE, RULE, SIGNED_RULES, Gate


class Fate(StrEnum):
    RECEIVE = "receive"
    SUSPEND = "suspend"
    MARK = "mark"  # it tells what became of a message of ours
    ANSWER = "answer"  # an agent wrote from their own mailbox
    FORWARDED = "forwarded"  # an agent forwarded what somebody else wrote


def fate_of(inbound: Inbound, belonging: Belonging, user_id: UserId | None) -> Fate:
    """Return what to do. `user_id`: our user who has the sender's address, if one has. Total."""
    match inbound.mail_class:
        case MailClass.PERSON:
            return Fate.RECEIVE if user_id is None else _fate_of_ours(inbound, belonging)
        case (
            MailClass.AUTO_REPLY
            | MailClass.OUT_OF_OFFICE
            | MailClass.MAILING_LIST
            | MailClass.OVERSIZE
        ):
            return Fate.SUSPEND if belonging.ticket_id is None else Fate.RECEIVE
        case MailClass.BOUNCE_HARD | MailClass.BOUNCE_SOFT | MailClass.FEEDBACK_REPORT:
            return Fate.MARK
        case MailClass.OWN_LOOP | MailClass.SPAM:
            return Fate.SUSPEND
        case _:
            assert_never(inbound.mail_class)


def _fate_of_ours(inbound: Inbound, belonging: Belonging) -> Fate:
    """One of our users wrote. Who asked for themselves stays a requester; nothing is believed of a
    mail that failed authentication, and an answer needs a proof: a mark that we signed, or a host
    that vouches for the sender."""
    if inbound.authenticated is False:
        return Fate.RECEIVE
    if belonging.ticket_id is not None:
        proven = inbound.authenticated is True or belonging.trace.get(RULE) in SIGNED_RULES
        asked = belonging.trace.get(GATE) == Gate.REQUESTER
        return Fate.ANSWER if proven and not asked else Fate.RECEIVE
    author = inbound.original_author
    forwarded = author is not None and author.value != inbound.sender.value
    return Fate.FORWARDED if forwarded and belonging.follows_up is None else Fate.RECEIVE
