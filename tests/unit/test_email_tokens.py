"""Signed marks: read back whole, refused altered."""

from uuid import uuid4

import pytest

from servicedesk.channels.email.tokens import BOUNCE, REPLY, MailMarks, without_mark
from servicedesk.domain.ids import TicketId
from tests.fakes.mail import MARKS, MESSAGE, TICKET, FixedSigner

ADDRESS = "support@desk.example"


def test_reply_address_names_its_ticket_in_any_case() -> None:
    marked = MARKS.reply_address(ADDRESS, TICKET)
    for written in (marked, marked.upper(), f" {marked} "):
        found = MARKS.read_address(written)
        assert found is not None
        assert (found.kind, found.ticket_id, found.address) == (REPLY, TICKET, ADDRESS)


def test_bounce_address_is_no_reply_address() -> None:
    found = MARKS.read_address(MARKS.bounce_address(ADDRESS, TICKET))
    assert found is not None
    assert found.kind == BOUNCE
    turned = MARKS.bounce_address(ADDRESS, TICKET).replace("+b.", "+t.")
    assert MARKS.read_address(turned) is None


def test_local_part_fits_into_64_characters_or_stays_plain() -> None:
    assert len(MARKS.reply_address(ADDRESS, TICKET).partition("@")[0]) <= 64
    long = "customer.relations.and.support@desk.example"
    assert MARKS.reply_address(long, TICKET) == long


def test_message_id_names_ticket_and_message() -> None:
    message_id = MARKS.message_id(TICKET, MESSAGE, "desk.example")
    assert MARKS.read_message_id(message_id) == (TICKET, MESSAGE)
    assert MARKS.read_message_id(message_id.replace("desk.example", "relay.example")) == (
        TICKET,
        MESSAGE,
    )


@pytest.mark.parametrize("text", ["", "a@b", "support+t.k1.short@x", "support+t@x", "t.k1.x@y"])
def test_what_is_no_mark_is_read_as_none(text: str) -> None:
    assert MARKS.read_address(text) is None
    assert MARKS.read_message_id(text) is None


def test_mark_of_another_installation_is_refused() -> None:
    other = MailMarks(FixedSigner(key=b"o" * 32))
    assert MARKS.read_address(other.reply_address(ADDRESS, TICKET)) is None
    assert MARKS.read_message_id(other.message_id(TICKET, MESSAGE, "x")) is None
    assert MARKS.own_hops(other.loop_header(2)) is None


def test_mark_moved_to_another_ticket_is_refused() -> None:
    one = MARKS.reply_address(ADDRESS, TICKET)
    two = MARKS.reply_address(ADDRESS, TicketId(uuid4()))
    local, _, domain = two.partition("@")
    forged = one.partition("@")[0][:-13] + local[-13:] + "@" + domain
    assert MARKS.read_address(forged) is None


def test_loop_header_counts_its_hops() -> None:
    assert MARKS.own_hops(MARKS.loop_header(3)) == 3


def test_inbox_is_found_under_a_marked_address() -> None:
    assert without_mark(MARKS.reply_address(ADDRESS, TICKET)) == ADDRESS
    assert without_mark("Support@Desk.example") == ADDRESS
    assert without_mark("ann+news@x.example") == "ann+news@x.example"
