"""Cursors, conditions and addresses: the pure parts of HTTP."""

from ipaddress import ip_network
from uuid import UUID

import pytest

from servicedesk.domain.errors import VersionMismatch
from servicedesk.kernel.http.addresses import client_address
from servicedesk.kernel.http.conditions import check_version, entity_tag, expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page, page_of_all
from servicedesk.kernel.http.problems import InvalidRequest, PreconditionRequired

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("::1/128")]
PLACE = Cursor(tuple[str, UUID])
ID = UUID("018e4f7c-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["not an address"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, junk"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", ["", " , "], "10.0.0.1"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_nearest_address_that_is_no_trusted_proxy_is_the_clients(
    peer: str, forwarded_for: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == expected


@pytest.mark.parametrize("name", ["", "a", '客服 "x"', "a,b]", "🙂"])
def test_cursor_reads_back_the_place_it_was_made_of(name: str) -> None:
    cursor = PLACE.encode((name, ID))
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert PLACE.decode(cursor) == (name, ID)


@pytest.mark.parametrize("cursor", ["", "x", "====", "W10", "é", "WyJhIiwgImIiXQ", "[1]"])
def test_cursor_of_nobody_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        PLACE.decode(cursor)


def test_page_that_is_not_the_last_says_what_follows() -> None:
    assert cut_page([1, 2, 3], 2, str) == ([1, 2], "2")
    assert cut_page([1, 2], 2, str) == ([1, 2], None)
    assert cut_page([], 2, str) == ([], None)


class Wanted:
    def __init__(self, cursor: str | None, limit: int) -> None:
        self.cursor = cursor
        self.limit = limit


def test_pages_of_a_list_in_memory_give_each_thing_once_in_order() -> None:
    places = Cursor(tuple[int])
    given: list[int] = []
    cursor: str | None = None
    while True:
        items, cursor = page_of_all(
            [5, 3, 1, 4, 2], Wanted(cursor, 2), places, lambda number: (number,)
        )
        given += items
        if cursor is None:
            break
    assert given == [1, 2, 3, 4, 5]


def test_listing_shows_items_and_next() -> None:
    assert Listing[int](items=[1], next=None).model_dump() == {"items": [1], "next": None}


@pytest.mark.parametrize("version", [0, 1, 42])
def test_tag_of_a_version_names_the_version(version: int) -> None:
    assert expected_version(entity_tag(version)) == version


@pytest.mark.parametrize("header", ["", "3", "*", 'W/"3"', '"x"', '"3", "4"', '"-1"', '"٣"'])
def test_if_match_that_names_no_version_is_refused(header: str) -> None:
    with pytest.raises(InvalidRequest):
        expected_version(header)


def test_write_without_if_match_is_asked_for_it() -> None:
    with pytest.raises(PreconditionRequired):
        expected_version(None)


def test_other_version_is_a_mismatch_that_names_the_present_one() -> None:
    check_version(3, 3)
    with pytest.raises(VersionMismatch) as caught:
        check_version(3, 4)
    assert caught.value.facts == {"version": 4}
