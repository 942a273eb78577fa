"""What becomes of a message: one row for each class and whose it is."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import InboxId, TicketId, UserId
from servicedesk.domain.messages import Address, ChannelKind, Inbound, MailClass
from servicedesk.intake.fate import LOOKS_LIKE, Fate, as_stranger, fate_of

TICKET = TicketId(UUID(int=1))
ANA = UserId(UUID(int=2))
MAIL = Inbound(
    inbox_id=InboxId(UUID(int=9)),
    channel=ChannelKind.EMAIL,
    external_id="m1@example.org",
    content_hash="0",
    sender=Address("lin@example.org"),
    received_at=datetime(2026, 11, 22, tzinfo=UTC),
)
NEW = Belonging(None)
KNOWN = Belonging(TICKET)

# class: with a ticket, without one
BY_CLASS = {
    MailClass.PERSON: (Fate.RECEIVE, Fate.RECEIVE),
    MailClass.AUTO_REPLY: (Fate.RECEIVE, Fate.SUSPEND),
    MailClass.OUT_OF_OFFICE: (Fate.RECEIVE, Fate.SUSPEND),
    MailClass.MAILING_LIST: (Fate.RECEIVE, Fate.SUSPEND),
    MailClass.BOUNCE_HARD: (Fate.MARK, Fate.MARK),
    MailClass.BOUNCE_SOFT: (Fate.MARK, Fate.MARK),
    MailClass.FEEDBACK_REPORT: (Fate.MARK, Fate.MARK),
    MailClass.OWN_LOOP: (Fate.SUSPEND, Fate.SUSPEND),
    MailClass.SPAM: (Fate.SUSPEND, Fate.SUSPEND),
    MailClass.OVERSIZE: (Fate.RECEIVE, Fate.SUSPEND),
}


def test_every_class_is_decided() -> None:
    assert set(BY_CLASS) == set(MailClass)


@pytest.mark.parametrize("mail_class", MailClass)
def test_what_a_class_comes_to(mail_class: MailClass) -> None:
    mail = replace(MAIL, mail_class=mail_class)
    fates = (fate_of(mail, KNOWN, None), fate_of(mail, NEW, None))
    assert fates == BY_CLASS[mail_class]


@pytest.mark.parametrize("mail_class", set(MailClass) - {MailClass.PERSON})
def test_what_a_program_of_ours_wrote_is_no_answer(mail_class: MailClass) -> None:
    mail = replace(MAIL, mail_class=mail_class, authenticated=True)
    assert fate_of(mail, KNOWN, ANA) is BY_CLASS[mail_class][0]


# rule, gate, authenticated → is it an answer of the agent's?
ANSWERS = [
    ("signed_reply_address", "unverified", None, False),
    ("signed_message_id", "participant", None, False),
    ("signed_reply_address", "unverified", True, True),
    ("stored_message_id", "unverified", True, True),
    ("stored_message_id", "participant", None, False),
    ("number_in_subject", "participant", None, False),
    ("signed_reply_address", "unverified", False, False),
    ("signed_reply_address", "requester", True, False),
]


@pytest.mark.parametrize(("rule", "gate", "authenticated", "is_answer"), ANSWERS)
def test_an_agents_answer_needs_a_proof(
    rule: str, gate: str, authenticated: bool | None, is_answer: bool
) -> None:
    mail = replace(MAIL, authenticated=authenticated)
    belonging = Belonging(TICKET, trace={"rule": rule, "gate": gate})
    assert fate_of(mail, belonging, ANA) is (Fate.ANSWER if is_answer else Fate.RECEIVE)


@pytest.mark.parametrize(
    ("gate", "authenticated", "user_id", "apart"),
    [
        ("participant", None, ANA, True),
        ("same_organization", None, ANA, True),
        ("participant", True, ANA, False),
        ("requester", None, ANA, False),
        ("participant", None, None, False),
    ],
)
def test_who_looks_like_a_user_and_is_not_proven_is_kept_apart(
    gate: str, authenticated: bool | None, user_id: UserId | None, apart: bool
) -> None:
    belonging = Belonging(TICKET, trace={"gate": gate})
    kept = as_stranger(replace(MAIL, authenticated=authenticated), belonging, user_id)
    assert kept.unverified is apart
    assert kept.trace.get(LOOKS_LIKE) == (str(ANA) if apart else None)
    assert as_stranger(MAIL, NEW, user_id) == NEW


@pytest.mark.parametrize(
    ("author", "authenticated", "fate"),
    [
        ("lin@contact.example", None, Fate.FORWARDED),
        ("lin@contact.example", True, Fate.FORWARDED),
        ("lin@contact.example", False, Fate.RECEIVE),
        ("lin@example.org", True, Fate.RECEIVE),
        (None, True, Fate.RECEIVE),
    ],
)
def test_only_an_agent_passes_on_what_another_wrote(
    author: str | None, authenticated: bool | None, fate: Fate
) -> None:
    wrote = None if author is None else Address(author)
    mail = replace(MAIL, original_author=wrote, authenticated=authenticated)
    assert fate_of(mail, NEW, ANA) is fate
    assert fate_of(mail, NEW, None) is Fate.RECEIVE
