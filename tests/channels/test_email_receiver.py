"""The SMTP door, spoken to over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import aiosmtplib
import pytest

from servicedesk.channels.email.receiver import Receiver, ReceiverSettings, start_receiver
from servicedesk.domain.errors import StorageFull, Unavailable
from tests.channels.doors import Door
from tests.fakes.mail import MARKS, TICKET, make_mail

SETTINGS = ReceiverSettings("127.0.0.1", 0, max_bytes=100_000)
RAW = make_mail("Subject: My order")


@asynccontextmanager
async def connected(door: Door) -> AsyncIterator[aiosmtplib.SMTP]:
    receiver: Receiver = await start_receiver(SETTINGS, door.accept, door.knows)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=receiver.port, timeout=5, start_tls=False)
    try:
        await client.connect()
        yield client
    finally:
        client.close()
        await receiver.close()


async def send(client: aiosmtplib.SMTP, raw: bytes, *recipients: str) -> None:
    await client.sendmail("ann@contact.example", list(recipients) or ["support@desk.example"], raw)


async def test_mail_arrives_byte_for_byte_with_its_envelope(door: Door) -> None:
    raw = make_mail("Subject: odd", b"\x00null\r\n.dot\r\n\xff\xfe high\r\n" + b"x" * 5_000)
    async with connected(door) as client:
        await send(client, raw)
    (recipients, stored, envelope) = door.accepted[0]
    assert recipients == ["support@desk.example"]
    assert stored == raw + b"\r\n"
    assert envelope["sender"] == "ann@contact.example"
    assert envelope["peer"] == "127.0.0.1"


async def test_250_is_said_only_after_the_mail_is_accepted() -> None:
    order: list[str] = []
    may_finish = asyncio.Event()
    began = asyncio.Event()

    class SlowDoor(Door):
        async def accept(
            self, recipients: Sequence[str], raw: bytes, envelope: Mapping[str, object]
        ) -> None:
            began.set()
            await may_finish.wait()
            order.append("stored")

    async with connected(SlowDoor()) as client:
        sending = asyncio.create_task(send(client, RAW))
        sending.add_done_callback(lambda _: order.append("acknowledged"))
        await began.wait()
        assert not sending.done()
        may_finish.set()
        await sending
    assert order == ["stored", "acknowledged"]


async def test_closing_lets_a_mail_that_is_being_handed_over_finish() -> None:
    began, may_finish = asyncio.Event(), asyncio.Event()

    class SlowDoor(Door):
        async def accept(
            self, recipients: Sequence[str], raw: bytes, envelope: Mapping[str, object]
        ) -> None:
            began.set()
            await may_finish.wait()

    door = SlowDoor()
    receiver = await start_receiver(SETTINGS, door.accept, door.knows)
    idle = await asyncio.open_connection("127.0.0.1", receiver.port)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=receiver.port, timeout=5, start_tls=False)
    await client.connect()
    sending = asyncio.create_task(send(client, RAW))
    await began.wait()
    closing = asyncio.create_task(receiver.close())
    may_finish.set()
    await sending
    await closing
    assert (await idle[0].read()).startswith(b"220")  # and then the end: nobody is left hanging
    idle[1].close()


async def test_unknown_recipient_is_refused_with_550_and_the_known_one_served(door: Door) -> None:
    async with connected(door) as client:
        errors, _ = await client.sendmail(
            "ann@contact.example", ["nobody@desk.example", "support@desk.example"], RAW
        )
    assert errors["nobody@desk.example"].code == 550
    assert door.accepted[0][0] == ["support@desk.example"]


async def test_marked_address_is_known_and_handed_on_whole(door: Door) -> None:
    marked = MARKS.reply_address("support@desk.example", TICKET)
    async with connected(door) as client:
        await send(client, RAW, marked)
    (recipients, _, envelope) = door.accepted[0]
    assert recipients == ["support@desk.example"]
    assert envelope["recipients"] == [marked]


async def test_size_is_announced(door: Door) -> None:
    async with connected(door) as client:
        await client.ehlo()
        assert client.esmtp_extensions["size"] == str(SETTINGS.max_bytes)
        assert "smtputf8" in client.esmtp_extensions


OVERSIZE = make_mail("Subject: big", "x" * 60 + ("\n" + "x" * 60) * 3_000)


async def test_oversize_mail_that_says_so_gets_552_before_it_is_sent(door: Door) -> None:
    async with connected(door) as client:
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as caught:
            await send(client, OVERSIZE)
    assert caught.value.code == 552


async def test_oversize_mail_that_did_not_say_so_gets_552_at_its_end(door: Door) -> None:
    async with connected(door) as client:
        await client.mail("ann@contact.example")
        await client.rcpt("support@desk.example")
        with pytest.raises(aiosmtplib.SMTPDataError) as caught:
            await client.data(OVERSIZE)
    assert caught.value.code == 552
    assert door.accepted == []


@pytest.mark.parametrize(
    "fault", [Unavailable("away"), StorageFull("full"), OSError("disk"), RuntimeError("a bug")]
)
async def test_mail_that_could_not_be_stored_gets_451(fault: Exception) -> None:
    async with connected(Door(fault)) as client:
        with pytest.raises(aiosmtplib.SMTPDataError) as caught:
            await send(client, RAW)
    assert caught.value.code == 451


async def test_recipient_that_cannot_be_looked_up_gets_451() -> None:
    class BlindDoor(Door):
        async def knows(self, address: str) -> bool:
            raise Unavailable("away")

    async with connected(BlindDoor()) as client:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
            await send(client, RAW)
    assert caught.value.recipients[0].code == 451


@pytest.mark.parametrize(
    ("hello", "sender", "helo", "stored_sender"),
    [
        (b"EHLO \xff", b"<ann@x.example>", "?", "ann@x.example"),
        (b"HELO a\x00b", b"<ann@x.example>", "ab", "ann@x.example"),
        (b"EHLO a", b"<\xff@x.example> SMTPUTF8", "a", "?@x.example"),
        (b"EHLO a", b"<>", "a", ""),
    ],
)
async def test_envelope_of_odd_bytes_is_stored_as_text_that_databases_hold(
    door: Door, hello: bytes, sender: bytes, helo: str, stored_sender: str
) -> None:
    answers = await talk(
        door, hello, b"MAIL FROM:" + sender, b"RCPT TO:<support@desk.example>", b"DATA", RAW, b"."
    )
    assert answers[-1].startswith(b"250")
    (_, _, envelope) = door.accepted[0]
    assert (envelope["helo"], envelope["sender"]) == (helo, stored_sender)


async def test_recipient_of_odd_bytes_is_nobody_here(door: Door) -> None:
    answers = await talk(
        door, b"EHLO a", b"MAIL FROM:<a@x.example>", b"RCPT TO:<\xff@desk.example>"
    )
    assert answers[-1].startswith(b"550")


async def talk(door: Door, *lines: bytes) -> list[bytes]:
    """Say lines to the receiver, one after the answer to the other; a mail has no answer."""
    receiver = await start_receiver(SETTINGS, door.accept, door.knows)
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    answers = [await reader.readline()]
    for line in lines:
        writer.write(line + b"\r\n")
        if line == RAW:
            continue
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        answers.append(answer)
    writer.close()
    await writer.wait_closed()
    await receiver.close()
    return answers


async def test_mail_cut_off_before_its_end_is_not_accepted(door: Door) -> None:
    receiver = await start_receiver(SETTINGS, door.accept, door.knows)
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    dialogue = b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"
    for line in dialogue.splitlines(keepends=True):
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-" or answer.startswith(b"220"):
            pass
    writer.write(b"Subject: half a mail\r\n\r\nhello")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await receiver.close()
    assert door.accepted == []
