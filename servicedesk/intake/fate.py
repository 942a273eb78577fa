"""What becomes of a message that was understood: one table over its class and where it belongs.

Only a person's mail opens, reopens, starts clocks and is acknowledged. Bounces never open a ticket;
what answers a ticket joins it; the rest is set aside with its class as the cause, from where a
person lets it in.
"""

from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import Inbound, MailClass
from servicedesk.intake.threading import GATE, Gate

LOOKS_LIKE = "looks_like_user"
"""Key of the trace: the user whose address a mail bears without a proof."""


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
    mail that failed authentication, and an answer needs a host that vouches for the sender: marks
    of ours are in the hands of everybody who ever had a mail of the ticket."""
    if inbound.authenticated is False:
        return Fate.RECEIVE
    if belonging.ticket_id is not None:
        proven = inbound.authenticated is True
        return Fate.ANSWER if proven and not _asked(belonging) else Fate.RECEIVE
    author = inbound.original_author
    forwarded = author is not None and author.value != inbound.sender.value
    return Fate.FORWARDED if forwarded and belonging.follows_up is None else Fate.RECEIVE


def as_stranger(inbound: Inbound, belonging: Belonging, user_id: UserId | None) -> Belonging:
    """Keep a mail apart that looks like one of our users and is not proven to be theirs: as a
    participant's word it would reopen, and be read as that of a colleague."""
    proven = inbound.authenticated is True
    if user_id is None or belonging.ticket_id is None or proven or _asked(belonging):
        return belonging
    trace = {**belonging.trace, LOOKS_LIKE: str(user_id)}
    return replace(belonging, unverified=True, trace=trace)


def _asked(belonging: Belonging) -> bool:
    return belonging.trace.get(GATE) == Gate.REQUESTER
