"""The SMTP door as production has it: TLS, limits, and clients that stall, cheat or hurry."""

import asyncio
import contextlib
import os
import smtplib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiosmtplib
import pytest

from servicedesk.channels.email.certificates import Certificate, CertificateFiles
from servicedesk.channels.email.door_limits import Limits
from servicedesk.channels.email.receiver import Receiver, ReceiverSettings, start_receiver
from tests.channels.doors import Door
from tests.fakes.mail import make_mail
from tests.fakes.smtp_sink import make_certificate

SETTINGS = ReceiverSettings("127.0.0.1", 0, max_bytes=100_000)
RAW = make_mail("Subject: My order")
NOBODY_TRUSTED = Limits(trusted=())
ENVELOPE = b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"


@asynccontextmanager
async def listening(door: Door, settings: ReceiverSettings = SETTINGS) -> AsyncIterator[Receiver]:
    receiver = await start_receiver(settings, door.accept, door.knows)
    try:
        yield receiver
    finally:
        await receiver.close()


async def send(
    receiver: Receiver, trusting: ssl.SSLContext | None = None, raw: bytes = RAW
) -> None:
    await aiosmtplib.send(
        raw,
        sender="ann@contact.example",
        recipients=["support@desk.example"],
        hostname="127.0.0.1",
        port=receiver.port,
        start_tls=trusting is not None,
        tls_context=trusting,
        timeout=5,
    )


async def answers_to(receiver: Receiver, said: bytes) -> list[bytes]:
    """Say everything at once; return every line until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(said)
    await writer.drain()
    read = bytearray()
    with contextlib.suppress(ConnectionResetError):  # hung up on while we were still talking
        while chunk := await asyncio.wait_for(reader.read(65_536), 10):
            read += chunk
    writer.close()
    return bytes(read).splitlines()


def with_certificate(folder: Path) -> tuple[ReceiverSettings, ssl.SSLContext]:
    _, trusting = make_certificate(folder)
    files = CertificateFiles(folder / "sink.pem", folder / "sink.pem")
    return replace(SETTINGS, certificate=Certificate(files)), trusting


async def test_mail_arrives_over_starttls(door: Door, tmp_path: Path) -> None:
    settings, trusting = with_certificate(tmp_path)
    async with listening(door, settings) as receiver:
        await send(receiver, trusting)
    assert door.accepted[0][2]["tls"] is True


async def test_the_standard_library_delivers_over_tls_too(door: Door, tmp_path: Path) -> None:
    settings, trusting = with_certificate(tmp_path)

    def deliver(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            client.starttls(context=trusting)
            client.sendmail("ann@contact.example", ["support@desk.example"], RAW)

    async with listening(door, settings) as receiver:
        await asyncio.to_thread(deliver, receiver.port)
    assert door.accepted[0][1] == RAW + b"\r\n"


async def test_renewed_certificate_is_shown_without_a_restart(door: Door, tmp_path: Path) -> None:
    settings, old_trust = with_certificate(tmp_path)
    async with listening(door, settings) as receiver:
        await send(receiver, old_trust)
        _, new_trust = make_certificate(tmp_path)
        await send(receiver, new_trust)
        with pytest.raises(ssl.SSLCertVerificationError):
            await send(receiver, old_trust)
        (tmp_path / "sink.pem").write_text("half written")
        os.utime(tmp_path / "sink.pem", (1, 1))
        await send(receiver, new_trust)
    assert len(door.accepted) == 3


async def test_nobody_is_offered_to_sign_in(door: Door, tmp_path: Path) -> None:
    settings, trusting = with_certificate(tmp_path)
    async with listening(door, settings) as receiver:
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=receiver.port,
            start_tls=True,
            tls_context=trusting,
            timeout=5,
        )
        async with client:
            await client.ehlo()
            assert "auth" not in client.esmtp_extensions
            assert {"pipelining", "8bitmime", "smtputf8"} <= client.esmtp_extensions.keys()
            assert (await client.execute_command(b"AUTH", b"PLAIN", b"AGEAYg==")).code == 502


async def test_what_a_client_says_before_tls_is_not_believed_after_it(
    door: Door, tmp_path: Path
) -> None:
    """Commands put behind STARTTLS by somebody on the way (RFC 3207 §6, CVE-2011-0411)."""
    settings, trusting = with_certificate(tmp_path)
    async with listening(door, settings) as receiver:
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(b"EHLO x\r\nSTARTTLS\r\nRSET\r\nMAIL FROM:<thief@x.example>\r\n")
        while not (await reader.readline()).startswith(b"220 Ready"):
            pass
        await writer.start_tls(trusting)
        writer.write(b"RCPT TO:<support@desk.example>\r\n")
        assert (await reader.readline()).startswith(b"503")
        writer.close()


async def test_commands_sent_in_one_go_are_all_answered(door: Door) -> None:
    said = ENVELOPE + RAW + b"\r\n.\r\n" + ENVELOPE[8:] + RAW + b"\r\n.\r\nQUIT\r\n"
    async with listening(door) as receiver:
        answers = await answers_to(receiver, said)
    assert [answer[:3] for answer in answers if answer[3:4] == b" "] == [
        b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"250", b"354", b"250", b"221",
    ]  # fmt: skip
    assert [raw for _, raw, _ in door.accepted] == [RAW + b"\r\n"] * 2


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n\x00.\r\n"]
)
async def test_second_mail_cannot_be_smuggled_in_the_body_of_the_first(
    door: Door, end: bytes
) -> None:
    smuggled = b"MAIL FROM:<boss@desk.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nhi"
    said = ENVELOPE + RAW + end + smuggled + b"\r\n.\r\nQUIT\r\n"
    async with listening(door) as receiver:
        await answers_to(receiver, said)
    assert len(door.accepted) == 1
    assert b"boss@desk.example" in door.accepted[0][1]


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"a\r\n..b\r\n...\r\n.\r\n", b"a\r\n.b\r\n..\r\n"),
    ],
)
async def test_dots_of_the_transport_are_taken_off(door: Door, body: bytes, stored: bytes) -> None:
    async with listening(door) as receiver:
        await answers_to(receiver, ENVELOPE + body + b"QUIT\r\n")
    assert door.accepted[0][1] == stored


async def test_end_of_a_mail_is_found_however_it_is_cut(door: Door) -> None:
    said = ENVELOPE + b"a\r\n.\r\nQUIT\r\n"
    async with listening(door) as receiver:
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        for place in range(len(said)):
            writer.write(said[place : place + 1])
            await writer.drain()
            await asyncio.sleep(0)
        assert b"221" in await reader.read()
        writer.close()
    assert door.accepted[0][1] == b"a\r\n"


async def test_mail_of_empty_lines_is_taken_as_fast_as_any(door: Door) -> None:
    settings = replace(SETTINGS, max_bytes=26_000_000)
    async with listening(door, settings) as receiver:
        began = time.process_time()
        await answers_to(receiver, ENVELOPE + b"\r\n" * 12_500_000 + b".\r\nQUIT\r\n")
        spent = time.process_time() - began
    assert len(door.accepted[0][1]) == 25_000_000
    assert spent < 3  # aiosmtpd alone needs a minute


async def test_silent_client_is_hung_up_on(door: Door) -> None:
    async with listening(door, replace(SETTINGS, idle_seconds=0.1)) as receiver:
        assert await answers_to(receiver, b"") == [b"220 localhost servicedesk"]


@pytest.mark.parametrize("said", [ENVELOPE + b"Subject: half a mail", b"EHLO x"])
async def test_client_that_stalls_is_hung_up_on_and_nothing_is_accepted(
    door: Door, said: bytes
) -> None:
    settings = replace(SETTINGS, idle_seconds=0.2, data_seconds=0.2)
    async with listening(door, settings) as receiver:
        answers = await answers_to(receiver, said)
    assert not any(answer.startswith((b"4", b"5")) for answer in answers)
    assert door.accepted == []


async def test_too_many_connections_of_one_client_get_421_and_a_place_when_one_ends(
    door: Door,
) -> None:
    settings = replace(SETTINGS, limits=replace(NOBODY_TRUSTED, connections_per_client=2))
    async with listening(door, settings) as receiver:
        held = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(2)]
        for reader, _ in held:
            assert (await reader.readline()).startswith(b"220")
        assert (await answers_to(receiver, b""))[0].startswith(b"421 4.7.0")
        reader, writer = held.pop()
        writer.write(b"QUIT\r\n")
        await reader.read()
        writer.close()
        await send(receiver)
        held[0][1].close()
    assert len(door.accepted) == 1


async def test_client_that_sends_too_much_is_put_off(door: Door) -> None:
    settings = replace(SETTINGS, limits=replace(NOBODY_TRUSTED, mails_per_client=2))
    async with listening(door, settings) as receiver:
        await send(receiver)
        await send(receiver)
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as caught:
            await send(receiver)
    assert (caught.value.code, len(door.accepted)) == (450, 2)


async def test_who_guesses_addresses_is_shown_the_door(door: Door) -> None:
    settings = replace(SETTINGS, limits=replace(NOBODY_TRUSTED, unknown_recipients_per_client=3))
    guesses = b"".join(b"RCPT TO:<guess%d@desk.example>\r\n" % n for n in range(10))
    async with listening(door, settings) as receiver:
        answers = await answers_to(receiver, b"EHLO x\r\nMAIL FROM:<a@x.example>\r\n" + guesses)
        again = await answers_to(receiver, b"")
    refusals = [answer[:3] for answer in answers if answer[:1] in (b"4", b"5")]
    assert refusals == [b"550", b"550", b"421"]
    assert again[0].startswith(b"421")


async def test_memory_for_mails_is_bounded_over_all_connections(door: Door) -> None:
    settings = replace(SETTINGS, max_bytes=100_000)
    half = ENVELOPE + b"x" * 99_000
    async with listening(door, settings) as receiver:
        held = []
        for _ in range(8):
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(half)
            while not (await reader.readline()).startswith(b"354"):
                pass
            held.append(writer)
        await asyncio.wait_for(until_refused(receiver, half), 10)
        for writer in held:
            writer.write(b"\r\n.\r\n")
            await writer.drain()
        await send(receiver)
        for writer in held:
            writer.close()


async def until_refused(receiver: Receiver, half: bytes) -> None:
    """The other mails may not have been read yet: ask until there is no room."""
    while True:
        answers = await answers_to(receiver, half + b"\r\n.\r\nQUIT\r\n")
        if any(answer.startswith(b"452 4.3.1") for answer in answers):
            return
