"""Which messages are let in together: those that do not touch one another."""

from datetime import UTC, datetime

from servicedesk.domain.ids import ArrivalId, InboxId, TicketId
from servicedesk.domain.messages import Address, ChannelKind, Inbound, TicketToken
from servicedesk.intake.lots import lots_of
from servicedesk.kernel.ids import new_id

OWN = "support@acme.example"
INBOX, OTHER = InboxId(new_id()), InboxId(new_id())


def message(
    sender: str, *, inbox_id: InboxId = INBOX, cc: str = "", answers: str = "", token: bool = False
) -> Inbound:
    return Inbound(
        inbox_id=inbox_id,
        channel=ChannelKind.EMAIL,
        external_id=f"{sender}{cc}",
        content_hash="",
        sender=Address(sender, ""),
        received_at=datetime(2027, 3, 1, tzinfo=UTC),
        to=(Address(OWN, ""),),
        cc=(Address(cc, ""),) if cc else (),
        in_reply_to=answers,
        tokens=(TicketToken(TicketId(new_id()), "reply_address"),) if token else (),
    )


def sizes(*messages: Inbound | None) -> list[int]:
    """Return how many go together, having seen that none is lost and order is kept."""
    given = [(ArrivalId(new_id()), one) for one in messages]
    lots = list(lots_of(given, {OWN}))
    assert [one for lot in lots for one in lot] == [arrival_id for arrival_id, _ in given]
    return [len(lot) for lot in lots]


def test_different_senders_go_together() -> None:
    assert sizes(message("a@x"), message("b@x"), message("c@x")) == [3]


def test_nothing_is_no_lot() -> None:
    assert sizes() == []


def test_same_sender_does_not_go_with_itself() -> None:
    assert sizes(message("a@x"), message("b@x"), message("a@x")) == [2, 1]


def test_who_is_in_copy_of_one_does_not_go_with_a_mail_of_theirs() -> None:
    assert sizes(message("a@x", cc="b@x"), message("b@x")) == [1, 1]


def test_what_answers_something_goes_by_itself() -> None:
    assert sizes(message("a@x"), message("b@x", answers="1@x"), message("c@x")) == [1, 1, 1]
    assert sizes(message("a@x"), message("b@x", token=True), message("c@x")) == [1, 1, 1]


def test_what_was_not_understood_goes_by_itself() -> None:
    assert sizes(message("a@x"), None, None, message("b@x")) == [1, 1, 1, 1]


def test_each_inbox_by_itself() -> None:
    assert sizes(message("a@x"), message("b@x", inbox_id=OTHER), message("c@x")) == [1, 1, 1]
