"""Which ticket a message belongs to: one row for each situation."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from servicedesk.domain.ids import InboxId, TicketId
from servicedesk.domain.messages import Address, ChannelKind, Inbound, TicketToken
from servicedesk.domain.tickets import TicketStatus
from servicedesk.intake.threading import Gate, ThreadFacts, TicketInThread, candidates, decide

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
A, B, C = (TicketId(UUID(int=number)) for number in (1, 2, 3))
LIN = "lin@example.org"
MAIL = Inbound(
    inbox_id=InboxId(UUID(int=9)),
    channel=ChannelKind.EMAIL,
    external_id="m1@example.org",
    content_hash="0",
    sender=Address(LIN),
    received_at=NOW,
)


def ticket(
    ticket_id: TicketId,
    status: TicketStatus = TicketStatus.OPEN,
    gate: Gate | None = Gate.REQUESTER,
    merged_into: TicketId | None = None,
) -> TicketInThread:
    return TicketInThread(ticket_id, status, merged_into, {} if gate is None else {LIN: gate})


def facts(*tickets: TicketInThread, stored: dict[str, TicketId] | None = None) -> ThreadFacts:
    return ThreadFacts({found.id: found for found in tickets}, stored or {})


def token(ticket_id: TicketId, found_in: str = "reply_address") -> TicketToken:
    return TicketToken(ticket_id, found_in)


CASES = {
    "nothing matches: a new ticket": (MAIL, facts(), None, "nothing_matched"),
    "the signed reply address decides": (
        replace(MAIL, tokens=(token(A),)),
        facts(ticket(A)),
        A,
        "signed_reply_address",
    ),
    "the reply address beats the message id": (
        replace(MAIL, tokens=(token(B, "in_reply_to"), token(A))),
        facts(ticket(A), ticket(B)),
        A,
        "signed_reply_address",
    ),
    "in-reply-to beats references": (
        replace(MAIL, tokens=(token(B, "references"), token(A, "in_reply_to"))),
        facts(ticket(A), ticket(B)),
        A,
        "signed_message_id",
    ),
    "a stored id of the same inbox": (
        replace(MAIL, in_reply_to="x@y"),
        facts(ticket(A), stored={"x@y": A}),
        A,
        "stored_message_id",
    ),
    "the newest stored reference": (
        replace(MAIL, references=("old@y", "new@y")),
        facts(ticket(A), ticket(B), stored={"old@y": A, "new@y": B}),
        B,
        "stored_message_id",
    ),
    "a token for a ticket that is gone is no match": (
        replace(MAIL, tokens=(token(C),)),
        facts(ticket(A)),
        None,
        "nothing_matched",
    ),
    "a merged ticket leads to its target": (
        replace(MAIL, tokens=(token(A),)),
        facts(ticket(A, merged_into=B), ticket(B)),
        B,
        "signed_reply_address",
    ),
    "a circle of merges is no match": (
        replace(MAIL, tokens=(token(A),)),
        facts(ticket(A, merged_into=B), ticket(B, merged_into=A)),
        None,
        "nothing_matched",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_where_a_message_belongs(case: str) -> None:
    mail, known, ticket_id, rule = CASES[case]
    belonging = decide(mail, known)
    assert (belonging.ticket_id, belonging.trace["rule"]) == (ticket_id, rule)


def test_the_trace_keeps_every_rule_that_was_asked() -> None:
    mail = replace(MAIL, in_reply_to="x@y")
    trace = decide(mail, facts(ticket(A), stored={"x@y": A})).trace
    assert trace["checked"] == [
        {"rule": "signed_reply_address", "hit": False},
        {"rule": "signed_message_id", "hit": False},
        {"rule": "stored_message_id", "hit": True},
    ]
    assert trace["gate"] == "requester"


def test_a_stranger_with_a_valid_address_is_kept_apart() -> None:
    belonging = decide(replace(MAIL, tokens=(token(A),)), facts(ticket(A, gate=None)))
    assert belonging.ticket_id == A
    assert belonging.unverified


def test_a_known_sender_to_a_closed_ticket_opens_a_follow_up() -> None:
    belonging = decide(
        replace(MAIL, tokens=(token(A),)), facts(ticket(A, status=TicketStatus.CLOSED))
    )
    assert (belonging.ticket_id, belonging.follows_up) == (None, A)


def test_a_stranger_to_a_closed_ticket_opens_one_that_follows_nothing() -> None:
    closed = ticket(A, status=TicketStatus.CLOSED, gate=None)
    belonging = decide(replace(MAIL, tokens=(token(A),)), facts(closed))
    assert (belonging.ticket_id, belonging.follows_up) == (None, None)


def test_every_ticket_that_a_rule_could_name_is_read_once() -> None:
    mail = replace(MAIL, tokens=(token(A), token(A, "references")))
    assert candidates(mail, {"x@y": B, "z@y": A}) == [A, B]


@pytest.mark.parametrize("authenticated", [None, True, False])
def test_who_failed_authentication_is_known_on_no_ticket(authenticated: bool | None) -> None:
    mail = replace(MAIL, tokens=(token(A),), authenticated=authenticated)
    assert decide(mail, facts(ticket(A))).unverified is (authenticated is False)


@pytest.mark.parametrize(("authenticated", "found"), [(None, A), (True, A), (False, None)])
def test_number_in_subject_needs_no_proof_but_bears_no_failed_one(
    authenticated: bool | None, found: TicketId | None
) -> None:
    numbered = replace(facts(ticket(A)), numbered=A)
    assert decide(replace(MAIL, authenticated=authenticated), numbered).ticket_id == found
