"""The sender against a real SMTP server that accepts, refuses, postpones and vanishes."""

import asyncio
from pathlib import Path

import pytest

from servicedesk.channels.email.sender import Letter, Relay, send_letter
from servicedesk.domain.messages import DeliveryState
from tests.fakes.mail import make_mail
from tests.fakes.smtp_sink import SinkRules, SmtpSink, make_certificate, smtp_sink

RAW = make_mail("Subject: My order", "Hello\n.\n..dots\n")
ANN, BOB = "ann@x.example", "bob@x.example"
LETTER = Letter("support@desk.example", [ANN, BOB], RAW)


def relay_to(sink: SmtpSink) -> Relay:
    return Relay("127.0.0.1", sink.port, security="none", timeout_seconds=5)


async def test_mail_arrives_byte_for_byte() -> None:
    async with smtp_sink() as sink:
        receipt = await send_letter(relay_to(sink), LETTER)
    assert (receipt.state, receipt.retry, receipt.refused) == (DeliveryState.SENT, False, {})
    assert sink.mails[0].raw == RAW
    assert sink.mails[0].sender == "support@desk.example"
    assert sink.mails[0].recipients == ("ann@x.example", "bob@x.example")


async def test_starttls_and_sign_in(tmp_path: Path) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "secret", 5, client)
        receipt = await send_letter(relay, LETTER)
    assert receipt.state is DeliveryState.SENT
    assert (sink.mails[0].tls, sink.mails[0].signed_in) == (True, True)


async def test_untrusted_certificate_sends_nothing_and_tries_again(tmp_path: Path) -> None:
    server, _ = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server)) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", timeout_seconds=5)
        receipt = await send_letter(relay, LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)
    assert sink.mails == []


async def test_wrong_password_tries_again_as_settings_can_be_mended(tmp_path: Path) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "wrong", 5, client)
        receipt = await send_letter(relay, LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)
    assert "wrong" not in receipt.detail
    assert "wrong" not in repr(relay)


@pytest.mark.parametrize(
    ("answers", "state", "retry", "refused", "postponed"),
    [
        ({BOB: "550 5.1.1 unknown"}, DeliveryState.SENT, False, {BOB}, set()),
        ({BOB: "451 4.2.1 greylisted"}, DeliveryState.SENT, True, set(), {BOB}),
        (
            {ANN: "550 5.1.1 no", BOB: "550 5.1.1 no"},
            DeliveryState.FAILED,
            False,
            {ANN, BOB},
            set(),
        ),
        (
            {ANN: "450 4.2.1 greylisted", BOB: "550 5.1.1 no"},
            DeliveryState.FAILED,
            True,
            {BOB},
            {ANN},
        ),
        ({"DATA": "554 5.7.1 looks like spam"}, DeliveryState.FAILED, False, set(), set()),
        ({"DATA": "452 4.3.1 disk full"}, DeliveryState.FAILED, True, set(), set()),
        (
            {BOB: "550 5.1.1 no", "DATA": "452 4.3.1 disk full"},
            DeliveryState.FAILED,
            True,
            {BOB},
            {ANN},
        ),
    ],
)
async def test_refusal_becomes_an_honest_receipt(
    answers: dict[str, str],
    state: DeliveryState,
    retry: bool,
    refused: set[str],
    postponed: set[str],
) -> None:
    async with smtp_sink() as sink:
        sink.answers.update(answers)
        receipt = await send_letter(relay_to(sink), LETTER)
    assert (receipt.state, receipt.retry) == (state, retry)
    assert (set(receipt.refused), set(receipt.postponed)) == (refused, postponed)


async def test_connection_lost_after_the_mail_went_out_is_unknown() -> None:
    async with smtp_sink() as sink:
        sink.hang_up_at_data = True
        receipt = await send_letter(relay_to(sink), LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.UNKNOWN, False)


async def test_slow_relay_is_left_within_the_time_of_one_letter() -> None:
    """Each command is answered in time, all of them together are not."""

    async def say_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while await reader.readline():
            await asyncio.sleep(0.02)
            writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(say_slowly, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    relay = Relay("127.0.0.1", port, "none", timeout_seconds=5, letter_seconds=0.3)
    receipt = await send_letter(relay, Letter("s@x.example", ["ann@x.example"] * 100, RAW))
    server.close()
    await server.wait_closed()
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)


async def test_relay_that_is_not_there_is_tried_again() -> None:
    async with smtp_sink() as sink:
        relay = relay_to(sink)
    receipt = await send_letter(relay, LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)


async def test_relay_that_says_nothing_is_given_up_in_time() -> None:
    silent = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    receipt = await send_letter(Relay("127.0.0.1", port, "none", timeout_seconds=0.2), LETTER)
    silent.close()
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)
