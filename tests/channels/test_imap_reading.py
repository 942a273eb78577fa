"""A folder of a real mailbox becomes tickets: each mail once, whatever happens in between."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.app.wiring import Services
from servicedesk.channels.email.imap.watch import watch_folder
from servicedesk.channels.email.settings import Handled
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.domain.errors import LeaseLost, StorageFull
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.accept import Collected, Intake, Note
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.intake.mailbox_states import FolderState
from tests.channels.reading_mailboxes import (
    QUICK,
    TAKING,
    Mailbox,
    arrivals,
    marked,
    tickets,
)
from tests.fakes.imap_script import scripted_imap
from tests.fakes.tcp_proxy import Wire, wire_to
from tests.services.dovecot import dovecot_folder_for_tests
from tests.waiting import until

LONG_AGO = (datetime.now(UTC) - timedelta(days=400)).date()
EVERYTHING = replace(TAKING, since=LONG_AGO)
IMPATIENT_POLL = replace(EVERYTHING, poll_seconds=0.1)


async def test_mail_that_is_there_and_mail_that_comes(mailbox: Mailbox) -> None:
    mailbox.deliver(range(3))
    async with mailbox.reading(EVERYTHING):
        await mailbox.came(range(3))
        book = await mailbox.is_in(FolderState.LISTENING)
        assert (book.progress_done, book.progress_total, book.error) == (3, 3, None)
        mailbox.deliver([3])
        await mailbox.came(range(4))

        async def all_are_flagged() -> bool:
            return await mailbox.search("UNSEEN") == []

        await until(all_are_flagged)
    assert await arrivals(mailbox.services) == {"accepted": 4}


async def test_only_new_mail_without_a_day_to_begin_from(one_mailbox: Mailbox) -> None:
    one_mailbox.deliver([1, 2], days_ago=3)
    async with one_mailbox.reading():
        await one_mailbox.is_in(FolderState.LISTENING)
        one_mailbox.deliver([3])
        await one_mailbox.came([3])
    assert await one_mailbox.search("UNSEEN") == [1, 2]


async def test_mail_from_a_day_on(one_mailbox: Mailbox) -> None:
    one_mailbox.deliver([1], days_ago=30)
    one_mailbox.deliver([2], days_ago=10)
    one_mailbox.deliver([3], days_ago=30)
    since = (datetime.now(UTC) - timedelta(days=20)).date()
    async with one_mailbox.reading(replace(TAKING, since=since)):
        await one_mailbox.came([2])
        book = await one_mailbox.is_in(FolderState.LISTENING)
        assert (book.last_uid, book.progress_total) == (3, 1)
        one_mailbox.deliver([4])
        await one_mailbox.came([2, 4])


async def test_handled_mail_is_moved_and_kept_mail_is_left_alone(one_mailbox: Mailbox) -> None:
    one_mailbox.deliver([1, 2])
    keep = replace(EVERYTHING, handled=Handled.KEEP)
    async with one_mailbox.reading(keep):
        await one_mailbox.came([1, 2])
        await one_mailbox.is_in(FolderState.LISTENING)
    assert await one_mailbox.search("UNSEEN") == [1, 2]
    move = replace(EVERYTHING, handled=Handled.MOVE, handled_folder="Erledigt für uns")
    async with one_mailbox.reading(move):
        one_mailbox.deliver([3])
        await one_mailbox.came([1, 2, 3])

        async def the_new_one_is_gone() -> bool:
            return await one_mailbox.search("ALL") == [1, 2]

        await until(the_new_one_is_gone)
    assert await one_mailbox.search("ALL", "Erledigt für uns") == [1]


async def test_other_folder_with_a_name_of_its_own(one_mailbox: Mailbox) -> None:
    one_mailbox.server.deliver(one_mailbox.user, [marked(1)], folder="Anfragen &- &ZeVnLIqe-")
    async with one_mailbox.reading(EVERYTHING, folder="Anfragen & 日本語"):
        await one_mailbox.came([1])


async def test_a_thousand_mails_at_the_first_connection(one_mailbox: Mailbox) -> None:
    one_mailbox.deliver(range(1_000))
    async with one_mailbox.reading(EVERYTHING):
        await one_mailbox.is_in(FolderState.FIRST_SYNC)
        await one_mailbox.came(range(1_000), 60)
        book = await one_mailbox.is_in(FolderState.LISTENING)
    assert (book.progress_done, book.progress_total) == (1_000, 1_000)


async def test_uids_that_change_their_meaning_double_nothing(mailbox: Mailbox) -> None:
    mailbox.deliver(range(10), days_ago=2)
    async with mailbox.reading(EVERYTHING):
        await mailbox.came(range(10))
        before = await mailbox.is_in(FolderState.LISTENING)
    mailbox.server.change_uid_validity(mailbox.user)
    mailbox.deliver([10])
    async with mailbox.reading(EVERYTHING):
        await mailbox.came(range(11))
        after = await mailbox.is_in(FolderState.LISTENING)
    assert before.uid_validity != after.uid_validity
    assert await arrivals(mailbox.services) == {"accepted": 11}  # what is known is not fetched


async def test_mail_from_before_the_first_connection_stays_out_when_uids_change(
    one_mailbox: Mailbox,
) -> None:
    one_mailbox.deliver([1], days_ago=5)
    one_mailbox.deliver([2], days_ago=0.01)
    async with one_mailbox.reading():
        await one_mailbox.is_in(FolderState.LISTENING)
    one_mailbox.server.change_uid_validity(one_mailbox.user)
    one_mailbox.deliver([3])
    async with one_mailbox.reading():
        await one_mailbox.came([3])
        await one_mailbox.is_in(FolderState.LISTENING)
    assert await tickets(one_mailbox.services) == {"mark 3": 1}


async def test_server_that_restarts(one_mailbox: Mailbox) -> None:
    with dovecot_folder_for_tests() as folder:
        mailbox = replace(one_mailbox, server=folder.server)
        mailbox.deliver([1])
        async with mailbox.reading(EVERYTHING):
            with folder.running():
                await mailbox.came([1])
                await mailbox.is_in(FolderState.LISTENING)
            book = await mailbox.is_in(FolderState.WAITING)
            assert book.error is not None
            assert "cannot be reached" in book.error or "hung up" in book.error
            mailbox.deliver([2])
            with folder.running():
                await mailbox.came([1, 2])
                assert (await mailbox.is_in(FolderState.LISTENING)).error is None


async def test_connection_that_is_cut(one_mailbox: Mailbox) -> None:
    async with (
        wire_to("127.0.0.1", one_mailbox.server.port) as wire,
        one_mailbox.reading(EVERYTHING, one_mailbox.through(wire.port)),
    ):
        await one_mailbox.is_in(FolderState.LISTENING)
        wire.cut()
        await one_mailbox.is_in(FolderState.WAITING)
        one_mailbox.deliver([1])
        wire.mend()
        await one_mailbox.came([1])


async def test_connection_that_is_half_open(one_mailbox: Mailbox) -> None:
    """Nobody says that it is gone: the look now and then gets no answer."""
    async with (
        wire_to("127.0.0.1", one_mailbox.server.port) as wire,
        one_mailbox.reading(IMPATIENT_POLL, one_mailbox.through(wire.port)),
    ):
        await one_mailbox.is_in(FolderState.LISTENING)
        wire.stall()
        one_mailbox.deliver([1])
        await one_mailbox.is_in(FolderState.WAITING)
        wire.mend()
        await one_mailbox.came([1])


@pytest.mark.parametrize("handled", [Handled.FLAG, Handled.MOVE])
async def test_connection_that_is_cut_everywhere_in_between(
    one_mailbox: Mailbox, handled: Handled
) -> None:
    """Cut after ever more bytes: in the greeting, in answers, in the middle of mails."""
    marks = range(12)
    one_mailbox.deliver(marks, size=2_000)
    taking = replace(
        EVERYTHING, handled=handled, handled_folder="Done", mails_at_once=4, bytes_at_once=5_000
    )
    async with wire_to("127.0.0.1", one_mailbox.server.port) as wire:
        for allowed in range(20, 40_000, 900):
            wire.mend()
            wire.cut_after(allowed)
            async with one_mailbox.reading(taking, one_mailbox.through(wire.port)):
                if not await _cut_before_the_end(one_mailbox, wire):
                    break
    async with one_mailbox.reading(taking):
        await one_mailbox.came(marks)
        await one_mailbox.is_in(FolderState.LISTENING)
    assert (await arrivals(one_mailbox.services))["accepted"] == len(marks)
    criteria = "UNSEEN" if handled is Handled.FLAG else "ALL"
    assert await one_mailbox.search(criteria) == []


async def _cut_before_the_end(mailbox: Mailbox, wire: Wire) -> bool:
    async def either() -> bool:
        return wire.is_cut or await mailbox.state() is FolderState.LISTENING

    await until(either)
    return wire.is_cut


async def test_oversize_mail_is_set_aside_without_being_fetched_whole(
    one_mailbox: Mailbox,
) -> None:
    one_mailbox.deliver([1])
    one_mailbox.deliver([2], size=150_000)
    one_mailbox.deliver([3])
    async with one_mailbox.reading(replace(EVERYTHING, cut_bytes=5_000)):
        await one_mailbox.came([1, 3])
    sql = one_mailbox.services.database.sql
    (row,) = await sql.fetch("SELECT * FROM arrival WHERE state <> 'accepted'")
    assert (row["state"], row["reason"], row["size_bytes"]) == ("suspended", "oversize", 5_000)


async def test_oversize_mail_is_not_set_aside_twice(one_mailbox: Mailbox) -> None:
    one_mailbox.deliver([2], size=150_000)
    for _ in range(2):
        async with one_mailbox.reading(EVERYTHING):
            await one_mailbox.is_in(FolderState.LISTENING)
        one_mailbox.server.change_uid_validity(one_mailbox.user)
    assert await arrivals(one_mailbox.services) == {"suspended": 1}


@pytest.mark.parametrize("overview", [b"<tag> NO [SERVERBUG] cache\r\n", b"<tag> OK\r\n"])
async def test_mail_that_the_server_only_gives_when_asked_for_is_not_missed(
    one_mailbox: Mailbox, overview: bytes
) -> None:
    mail = marked(1)
    answers = {
        b"UID SEARCH UID 2:*": b"* SEARCH\r\n<tag> OK\r\n",
        b"UID SEARCH": b"* SEARCH 1\r\n<tag> OK\r\n",
        b"UID FETCH 1 (UID RFC822.SIZE": overview,
        b"UID FETCH": b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%b)\r\n<tag> OK\r\n" % (len(mail), mail),
    }
    async with (
        scripted_imap(answers) as server,
        one_mailbox.reading(EVERYTHING, one_mailbox.through(server.port)),
    ):
        await one_mailbox.came([1])
        await one_mailbox.is_in(FolderState.LISTENING)


async def test_mail_that_is_deleted_meanwhile_is_passed_over(one_mailbox: Mailbox) -> None:
    answers = {
        b"UID SEARCH UID 1:1 SINCE": b"* SEARCH 1\r\n<tag> OK\r\n",
        b"UID SEARCH": b"* SEARCH\r\n<tag> OK\r\n",
    }
    async with (
        scripted_imap(answers) as server,
        one_mailbox.reading(EVERYTHING, one_mailbox.through(server.port)),
    ):
        book = await one_mailbox.is_in(FolderState.LISTENING)
    assert (book.last_uid, book.marked_uid) == (1, 1)
    assert await arrivals(one_mailbox.services) == {}


async def test_mail_that_the_server_does_not_give_is_told_and_passed_over(
    one_mailbox: Mailbox,
) -> None:
    answers = {
        b"UID SEARCH UID 1:1 SINCE": b"* SEARCH 1\r\n<tag> OK\r\n",
        b"UID SEARCH": b"* SEARCH\r\n<tag> OK\r\n",
        b"UID FETCH 1 (UID RFC822.SIZE": b"* 1 FETCH (UID 1 RFC822.SIZE 99)\r\n<tag> OK\r\n",
        b"UID FETCH": b"<tag> NO [SERVERBUG] Mail is corrupted\r\n",
    }
    async with (
        scripted_imap(answers) as server,
        one_mailbox.reading(EVERYTHING, one_mailbox.through(server.port)),
    ):
        book = await one_mailbox.is_in(FolderState.LISTENING)
    assert book.last_uid == 1
    (row,) = await one_mailbox.services.database.sql.fetch("SELECT * FROM arrival")
    assert row["state"] == "quarantined"
    assert "Mail is corrupted" in row["reason"]


async def test_refused_password_is_told(one_mailbox: Mailbox) -> None:
    wrong = replace(one_mailbox.account, password="wrong")
    async with one_mailbox.reading(account=wrong):
        book = await one_mailbox.is_in(FolderState.FAILED)
    assert book.error is not None
    assert "does not accept the user name and the password" in book.error


class FullDisk(Intake):
    """There is no room for the first two portions."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.database, services.blobs, {}, {})
        self.faults: list[Exception] = [StorageFull("full"), OSError("full")]
        self._real = services.intake

    async def store_collected(
        self, inbox: InboxFacts, mails: Sequence[Collected], note: Note
    ) -> list[ArrivalId]:
        if self.faults:
            raise self.faults.pop()
        return await self._real.store_collected(inbox, mails, note)

    async def admit_all(self, arrival_ids: Sequence[ArrivalId]) -> list[ArrivalState]:
        return await self._real.admit_all(arrival_ids)


async def test_full_disk_loses_nothing(one_mailbox: Mailbox) -> None:
    one_mailbox.deliver([1, 2])
    disk = FullDisk(one_mailbox.services)
    books = replace(await one_mailbox.collector(), intake=disk)
    watch = watch_folder(one_mailbox.account, "INBOX", books, EVERYTHING, QUICK)
    task = asyncio.create_task(watch)
    await one_mailbox.came([1, 2])
    task.cancel()
    assert disk.faults == []


async def test_who_lost_the_lease_writes_nothing_more(one_mailbox: Mailbox) -> None:
    async with one_mailbox.reading(IMPATIENT_POLL) as reading:
        await one_mailbox.is_in(FolderState.LISTENING)
        sql = one_mailbox.services.database.sql
        await sql.execute("UPDATE lease SET owner = 'another', token = token + 1")
        one_mailbox.deliver([1])
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(reading, 10)
    assert await arrivals(one_mailbox.services) == {}
