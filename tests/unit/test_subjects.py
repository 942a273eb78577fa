"""Subjects are compared without what mailers put around them."""

import pytest

from servicedesk.domain.subjects import bare_subject, number_in, tag_of

SAME_MATTER = [
    "Refund",
    "Re: Refund",
    "RE: RE:  refund",
    "Re[2]: Refund",
    "AW: WG: Refund",
    "回复：Refund",
    "转发: 回复: Refund",
    "Sv: [EXTERNAL] Re: Refund",
    "[#10482] Refund",
    "Re: [Acme #3] Refund (fwd)",
    "Ｒｅｆｕｎｄ",
    " Refund\t",
]


@pytest.mark.parametrize("subject", SAME_MATTER)
def test_marks_and_tags_do_not_make_another_matter(subject: str) -> None:
    assert bare_subject(subject) == "refund"


@pytest.mark.parametrize(
    "subject", ["Refund of order 7", "Result: refund", "Invoice", "I: Refund, please"]
)
def test_another_matter_stays_another(subject: str) -> None:
    assert bare_subject(subject) != "refund"


@pytest.mark.parametrize("subject", ["", "Re:", "[tag]", "Fwd: [x] "])
def test_a_subject_of_marks_only_is_about_nothing(subject: str) -> None:
    assert bare_subject(subject) == ""


def test_a_long_subject_of_marks_is_read_in_time() -> None:
    assert bare_subject("Re: " * 100_000) == ""


def test_the_number_of_a_ticket_is_read_from_its_tag() -> None:
    assert number_in(f"Re: {tag_of(10482)} Refund") == 10482
    assert [number_in(odd) for odd in ("#10482", "[#]", "[10482]", "[#1x]")] == [None] * 4
