"""What is written to an IMAP server and read from it: tables of cases and round trips."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.channels.email.imap import answers
from servicedesk.channels.email.imap.answers import ListedFolder, Selected
from servicedesk.channels.email.imap.names import (
    decode_folder,
    encode_folder,
    folder_argument,
    in_portions,
    quoted,
    uid_set,
)
from servicedesk.channels.email.imap.wire import Fetch
from servicedesk.domain.errors import BadInput

ONE_LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("My Folder", '"My Folder"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("R&D", '"R&-D"'),
        # RFC 3501 §5.1.3 gives this one
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),
        ("Entwürfe", '"Entw&APw-rfe"'),
        ("📦", '"&2D3c5g-"'),
    ],
)
def test_folder_is_written_as_one_argument(name: str, written: str) -> None:
    assert folder_argument(name) == written


@given(ONE_LINE)
def test_folder_name_comes_back(name: str) -> None:
    written = encode_folder(name)
    assert written.isascii()
    assert written.isprintable()
    assert decode_folder(written) == name


@pytest.mark.parametrize("written", ["&", "&x", "&AGE", "&*-", "&AA-", "Größe"])
def test_folder_name_that_is_no_utf_7_stays_as_it_is(written: str) -> None:
    assert decode_folder(written) == written


@pytest.mark.parametrize("name", ["a\r\nA1 LOGOUT", "a\nb", "a\rb", "a\0b"])
def test_a_second_command_in_a_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        quoted(name)
    with pytest.raises(BadInput):
        folder_argument(name)


@pytest.mark.parametrize(
    ("uids", "written"),
    [([7], "7"), ([1, 2, 3], "1:3"), ([9, 2, 1, 4], "1:2,4,9"), ([5, 5, 6], "5:6")],
)
def test_uids_are_joined_to_ranges(uids: list[int], written: str) -> None:
    assert uid_set(uids) == written


@given(st.lists(st.integers(1, 10_000)), st.integers(1, 20), st.integers(1, 30_000))
def test_portions_keep_order_and_bounds(sizes: list[int], most: int, most_bytes: int) -> None:
    mails = list(enumerate(sizes, start=1))
    portions = in_portions(mails, most, most_bytes)
    assert [uid for portion in portions for uid in portion] == [uid for uid, _ in mails]
    for portion in portions:
        assert 1 <= len(portion) <= most
        assert len(portion) == 1 or sum(sizes[uid - 1] for uid in portion) <= most_bytes


def test_bodies_are_told_apart_by_type_wherever_the_uid_stands() -> None:
    lines: answers.Lines = [
        b"1 FETCH (UID 7 BODY[] {9}",
        bytearray(b"A: (\r\n\r\n)"),
        b")",
        b"4 FETCH (FLAGS (\\Seen))",
        b"2 FETCH (BODY[] {0}",
        bytearray(b""),
        b" UID 8)",
        b'3 FETCH (UID 9 BODY[] "A: \\"b\\"")',
        b"Fetch completed.",
    ]
    assert answers.bodies(lines) == {7: b"A: (\r\n\r\n)", 8: b"", 9: b'A: "b"'}


def test_overview_reads_size_time_and_header() -> None:
    lines: answers.Lines = [
        b'2 FETCH (UID 8 RFC822.SIZE 120 INTERNALDATE " 1-Feb-2026 10:00:00 +0100")',
        b'1 FETCH (UID 7 INTERNALDATE "soon" RFC822.SIZE 34 BODY[HEADER.FIELDS (MESSAGE-ID)] {22}',
        bytearray(b"Message-ID: <a@x>\r\n\r\n"),
        b")",
        b"done",
    ]
    first, second = answers.overviews(lines)
    assert (first.uid, first.size_bytes, first.arrived_at) == (7, 34, None)
    assert first.head.startswith(b"Message-ID: <a@x>")
    assert (second.uid, second.size_bytes, second.head) == (8, 120, b"")
    assert second.arrived_at is not None
    assert second.arrived_at.isoformat() == "2026-02-01T09:00:00+00:00"


def test_search_leaves_the_tagged_line_out() -> None:
    assert answers.found_uids([b"3 1 2", b"SEARCH completed (0.001 + 5 secs)."]) == [1, 2, 3]
    assert answers.found_uids([b"", b"done"]) == []


def test_select_tells_what_the_bookkeeping_needs() -> None:
    lines = [
        b"FLAGS (\\Answered \\Seen)",
        b"OK [PERMANENTFLAGS (\\Seen \\*)] Flags permitted.",
        b"172 EXISTS",
        b"OK [UIDVALIDITY 2484324926] UIDs valid",
        b"OK [UIDNEXT 4392] Predicted next UID",
        b"[READ-WRITE] Select completed",
    ]
    assert answers.selected(lines) == Selected(2_484_324_926, 4_392, 172, read_only=False)
    assert answers.selected(lines[:3]) is None


def test_list_reads_names_in_every_shape() -> None:
    lines: answers.Lines = [
        b'(\\HasNoChildren \\Sent) "." "Gesendete Objekte"',
        b'(\\HasNoChildren) "/" Entw&APw-rfe',
        b'(\\Noselect) "/" "[Gmail]"',
        b"() NIL {3}",
        bytearray(b'a"b'),
        b"done",
    ]
    assert answers.listed(lines) == [
        ListedFolder("Gesendete Objekte", frozenset({"\\hasnochildren", "\\sent"})),
        ListedFolder("Entwürfe", frozenset({"\\hasnochildren"})),
        ListedFolder('a"b', frozenset()),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"[AUTHENTICATIONFAILED] Authentication failed.", "Authentication failed."),
        (b"no \x07 bell", "no   bell"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_words_of_the_server_are_fit_to_read(line: bytes, words: str) -> None:
    assert answers.words_of([line]) == words


def test_fetch_waits_for_the_end_of_its_item() -> None:
    async def waits() -> list[bool]:
        fetch, seen = Fetch("a1", "1:2", "(UID BODY.PEEK[])"), []
        for line in (
            b"1 FETCH (UID 1 BODY[] {3}",
            bytearray(b"((("),
            b")",
            b"2 FETCH (UID 2",
            b")",
        ):
            fetch.append_to_resp(line)
            seen.append(fetch.wait_data())
        return seen

    assert asyncio.run(waits()) == [True, True, False, True, False]
