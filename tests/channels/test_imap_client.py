"""The IMAP client against a real Dovecot, and against servers that misbehave."""

import asyncio
import base64
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from servicedesk.channels.email.imap.account import Account, Patience, trust_also
from servicedesk.channels.email.imap.append import append_copy
from servicedesk.channels.email.imap.client import MailboxClient
from servicedesk.channels.email.imap.connect import signed_in
from servicedesk.channels.email.imap.errors import (
    CommandRefused,
    FolderRefused,
    MailboxAway,
    MailboxFault,
    SignInRefused,
)
from servicedesk.domain.errors import BadInput, ConfigurationError
from tests.fakes.imap_script import CAPABILITIES, HANG_UP, SILENCE, scripted_imap
from tests.fakes.mail import make_mail
from tests.services.dovecot import DovecotServer

IMPATIENT = Patience(2.0, 0.3, 1.0, 0.2)
SECRET = "hunter2"


@pytest.fixture
def account(dovecot_server: DovecotServer) -> Account:
    """A mailbox that nobody has used."""
    user = f"u{uuid.uuid4().hex}"
    return Account("127.0.0.1", dovecot_server.port, user, dovecot_server.password)


def at(port: int) -> Account:
    return Account("127.0.0.1", port, "support", SECRET, patience=IMPATIENT)


async def use(account: Account) -> None:
    """All that a session does, once."""
    async with signed_in(account) as client:
        await client.select("INBOX")
        await client.search("UID 1:*")
        await client.fetch([1], 100)
        await client.wait_for_mail(0.1)


async def subjects(client: MailboxClient, folder: str) -> list[bytes]:
    await client.select(folder)
    uids = await client.search("ALL")
    bodies = await client.fetch(uids, 1_000) if uids else {}
    return [body.partition(b"\r\n")[0] for _, body in sorted(bodies.items())]


async def test_mail_comes_back_byte_for_byte(account: Account) -> None:
    raw = make_mail("Subject: (unmatched {42}", "Ünicode )\n" * 3_000)
    async with signed_in(account) as client:
        await client.append("INBOX", raw)
        await client.append("INBOX", b"A: b\r\n\r\n")
        selected = await client.select("INBOX")
        assert (selected.exists, selected.uid_next, selected.read_only) == (2, 3, False)
        (first, _) = await client.overview([1, 2], "MESSAGE-ID")
        assert first.size_bytes == len(raw)
        assert await client.fetch([1, 2, 99], len(raw)) == {1: raw, 2: b"A: b\r\n\r\n"}
        assert await client.fetch_beginning(1, 100) == raw[:100]
        assert await client.fetch_beginning(99, 100) is None


@pytest.mark.parametrize(
    "folder", ["My Folder", 'qu"oted\\', "R&D", "Entwürfe", "工单 📦", "(a) {3}"]
)
async def test_folder_of_any_name_can_be_used(account: Account, folder: str) -> None:
    async with signed_in(account) as client:
        await client.append("INBOX", make_mail("Subject: here"))
        await client.select("INBOX")
        await client.move([1], folder)
        assert await client.search("ALL") == []
        assert folder in {found.name for found in await client.folders()}
        assert await subjects(client, folder) == [b"From: Ann Example <ann@contact.example>"]


async def test_second_command_in_a_name_never_leaves(account: Account) -> None:
    async with signed_in(account) as client:
        with pytest.raises(BadInput):
            await client.select('INBOX"\r\na1 DELETE "INBOX')
    with pytest.raises(BadInput):
        async with signed_in(replace(account, username="bo\r\na1 LOGOUT")):
            pass


async def test_announced_mail_ends_the_wait(account: Account) -> None:
    async with signed_in(account) as listener, signed_in(account) as writer:
        await listener.select("INBOX")
        waiting = asyncio.create_task(listener.wait_for_mail(30))
        await writer.append("INBOX", make_mail("Subject: new"))
        await asyncio.wait_for(waiting, 10)
        assert await listener.search("ALL") == [1]
        await listener.mark_seen([1])
        assert await listener.search("UNSEEN") == []


async def test_wait_without_mail_ends_in_time_and_can_be_repeated(account: Account) -> None:
    async with signed_in(account) as client:
        await client.select("INBOX")
        for _ in range(3):
            await client.wait_for_mail(0.01)
        assert await client.search("ALL") == []


async def test_thousands_of_short_answers_in_one_go(account: Account) -> None:
    """aioimaplib alone recurses once for each line, and ends with RecursionError."""
    lines = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 1)\r\n" % (n, n) for n in range(1, 5_001))
    answers = {b"UID FETCH": lines + b"<tag> OK\r\n"}
    async with scripted_imap(answers) as server, signed_in(at(server.port)) as client:
        await client.select("INBOX")
        found = await client.overview(range(1, 5_001))
    assert [one.uid for one in found] == list(range(1, 5_001))


async def test_mail_announced_beside_another_answer_is_not_forgotten() -> None:
    """RFC 3501 §7: EXISTS may come with any answer, and IDLE does not repeat it."""
    answers = {b"UID SEARCH": b"* SEARCH\r\n* 2 EXISTS\r\n<tag> OK\r\n"}
    async with scripted_imap(answers) as server, signed_in(at(server.port)) as client:
        await client.select("INBOX")
        assert not client.grew.is_set()
        assert await client.search("UID 2:*") == []
        assert client.grew.is_set()


async def test_token_that_has_ended_is_fetched_anew_once(
    account: Account, dovecot_server: DovecotServer
) -> None:
    asked: list[bool] = []

    async def tell(*, fresh: bool) -> str:
        asked.append(fresh)
        return dovecot_server.token(account.username, 300 if fresh else -10)

    by_token = replace(
        account,
        port=dovecot_server.tls_port,
        tls_context=trust_also(dovecot_server.ca_file),
        tokens=tell,
    )
    async with signed_in(by_token) as client:
        assert (await client.select("INBOX")).exists == 0
    assert asked == [False, True]


async def test_token_that_is_refused_twice_is_told(
    account: Account, dovecot_server: DovecotServer
) -> None:
    async def tell(*, fresh: bool) -> str:
        return dovecot_server.token(account.username, -10)

    with pytest.raises(SignInRefused, match=r"Connect the mailbox anew.*status 401"):
        async with signed_in(replace(account, tokens=tell)):
            pass


async def test_refused_password_is_told_and_in_no_error(account: Account) -> None:
    with pytest.raises(SignInRefused, match="Check both") as caught:
        async with signed_in(replace(account, password=SECRET)):
            pass
    assert SECRET not in f"{caught.value!r} {caught.value.__context__!r} {account!r}"


async def test_certificate_nobody_vouches_for_is_told(
    account: Account, dovecot_server: DovecotServer
) -> None:
    blind = replace(account, port=dovecot_server.tls_port, tls_context=trust_also(None))
    with pytest.raises(MailboxAway, match=r"certificate.*not trusted"):
        async with signed_in(blind):
            pass


async def test_folder_that_is_not_there_is_told(account: Account) -> None:
    async with signed_in(account) as client:
        with pytest.raises(FolderRefused, match="'Nowhere'"):
            await client.select("Nowhere")


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({b"LOGIN": SILENCE}, "went silent"),
        ({b"LOGIN": HANG_UP}, "hung up"),
        ({b"LOGIN": b"* BYE [UNAVAILABLE] too many of you\r\n" + HANG_UP}, "too many of you"),
        ({b"SELECT": SILENCE}, "went silent"),
        ({b"UID SEARCH": SILENCE}, "went silent"),
        ({b"UID SEARCH": HANG_UP}, "hung up"),
        ({b"UID SEARCH": b"ZZ9 OK what\r\n"}, "nobody asked"),
        ({b"IDLE": HANG_UP}, "hung up"),
        ({b"IDLE": SILENCE}, "went silent"),
        ({b"IDLE": b"+ idling\r\n", b"": SILENCE}, "went silent"),
    ],
)
async def test_server_that_says_nothing_or_goes_away_is_left_in_time(
    answers: dict[bytes, bytes], fault: str
) -> None:
    async with scripted_imap(answers) as server, asyncio.timeout(5):
        with pytest.raises(MailboxAway, match=fault) as caught:
            await use(at(server.port))
    assert SECRET not in repr(caught.value)


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [
        (b"* BYE [ALERT] busy, come back later\r\n", "busy, come back later"),
        (b"220 smtp.example ESMTP\r\n", "does not speak IMAP4"),
        (b"", "does not answer|greeting"),
    ],
)
async def test_odd_greeting_is_told(greeting: bytes, fault: str) -> None:
    account = replace(at(0), patience=replace(IMPATIENT, connect_seconds=0.3))
    async with scripted_imap({}, greeting) as server:
        with pytest.raises(MailboxAway, match=fault):
            async with signed_in(replace(account, port=server.port)):
                pass


async def test_idle_that_is_refused_becomes_a_look_now_and_then() -> None:
    async with scripted_imap({b"IDLE": b"<tag> BAD not today\r\n"}) as server:
        async with signed_in(at(server.port)) as client:
            await client.select("INBOX")
            await client.wait_for_mail(0.05)
            await client.wait_for_mail(0.05)
            assert await client.search("ALL") == []
        assert sum(b"IDLE" in line for line in server.heard) == 1


async def test_server_that_floods_is_left() -> None:
    flood = b"* 1 FETCH (UID 1 BODY[] {50000000}\r\n" + b"x" * 6_000_000
    async with scripted_imap({b"UID FETCH": flood}) as server:
        with pytest.raises(MailboxAway, match="far more than it was asked for"):
            await use(at(server.port))


async def test_move_without_its_command_copies_and_deletes() -> None:
    answers = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n<tag> OK\r\n"}
    async with scripted_imap(answers) as server, signed_in(at(server.port)) as client:
        await client.select("INBOX")
        await client.move([1, 2], "Done")
    told = [line.partition(b" ")[2].strip() for line in server.heard]
    copied = told.index(b'UID COPY 1:2 "Done"')
    assert told[copied + 1] == b"UID STORE 1:2 +FLAGS.SILENT (\\Deleted)"
    assert not any(b"EXPUNGE" in line for line in told)  # others' deleted mail would go as well


@pytest.mark.parametrize("command", [b"LOGIN", b"SELECT"])
async def test_refusal_for_now_is_no_refusal_for_good(command: bytes) -> None:
    answers = {command: b"<tag> NO [UNAVAILABLE] User directory is down\r\n"}
    async with scripted_imap(answers) as server:
        with pytest.raises(MailboxAway, match="User directory is down"):
            await use(at(server.port))


async def test_nothing_that_the_library_says_gets_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its words for an answer with a wrong tag hold the whole command that it waited for."""
    async with scripted_imap({b"LOGIN": b"ZZ9 OK who\r\n"}) as server:
        with pytest.raises(MailboxAway, match="nobody asked"):
            await use(at(server.port))
    assert SECRET not in caplog.text


async def test_authority_file_that_is_none_is_told(tmp_path: Path) -> None:
    for name in ("missing.pem", "empty.pem"):
        (tmp_path / "empty.pem").write_text("")
        with pytest.raises(ConfigurationError, match="SERVICEDESK_MAIL_CA_FILE"):
            trust_also(tmp_path / name)


async def test_password_is_not_told_where_the_server_takes_none() -> None:
    disabled = CAPABILITIES.replace(b"IDLE", b"LOGINDISABLED") + b"<tag> OK\r\n"
    async with scripted_imap({b"CAPABILITY": disabled}) as server:
        with pytest.raises(SignInRefused, match="Use tls"):
            async with signed_in(at(server.port)):
                pass
    assert not any(SECRET.encode() in line for line in server.heard)


async def test_refused_token_without_any_words_does_not_hang() -> None:
    async def tell(*, fresh: bool) -> str:
        return "token"

    refusal = b"+ " + base64.b64encode(b"[]") + b"\r\n"
    answers = {b"AUTHENTICATE": refusal, b"": b"* OK\r\n<tag> NO\r\n"}
    async with scripted_imap(answers) as server, asyncio.timeout(5):
        with pytest.raises(MailboxFault):
            async with signed_in(replace(at(server.port), tokens=tell)):
                pass


async def test_copy_is_put_into_a_folder_that_is_made_and_only_once(account: Account) -> None:
    raw = make_mail("Subject: answer\nMessage-ID: <one@desk.example>")
    for _ in range(2):
        await append_copy(account, "Sent Items", raw, "one@desk.example")
    await append_copy(account, "Sent Items", make_mail("Subject: other"), "two@desk.example")
    async with signed_in(account) as client:
        assert (await client.select("Sent Items")).exists == 2
        assert await client.search("UNSEEN") == []


async def test_copy_that_the_server_refuses_is_told() -> None:
    async with scripted_imap(
        {b"APPEND": b"<tag> NO [OVERQUOTA] The mailbox is full\r\n"}
    ) as server:
        with pytest.raises(CommandRefused, match="The mailbox is full"):
            await append_copy(at(server.port), "Sent", make_mail())
