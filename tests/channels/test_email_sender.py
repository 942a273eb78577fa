"""The sender against a real SMTP server that accepts, refuses, postpones and vanishes."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from servicedesk.channels.email.destinations import FAILURES_TO_OPEN, Destinations
from servicedesk.channels.email.sender import Letter, Relay, send_letter
from servicedesk.domain.errors import BadInput, ServicedeskError
from servicedesk.domain.messages import DeliveryState, Receipt
from tests.fakes.mail import make_mail
from tests.fakes.smtp_sink import SinkRules, SmtpSink, make_certificate, smtp_sink

RAW = make_mail("Subject: My order", "Hello\n.\n..dots\n")
ANN, BOB = "ann@x.example", "bob@x.example"
LETTER = Letter("support@desk.example", [ANN, BOB], RAW)


async def send(relay: Relay, letter: Letter) -> Receipt:
    return await send_letter(relay, letter, Destinations())


def relay_to(sink: SmtpSink) -> Relay:
    return Relay("127.0.0.1", sink.port, security="none", timeout_seconds=5)


async def test_mail_arrives_byte_for_byte() -> None:
    async with smtp_sink() as sink:
        receipt = await send(relay_to(sink), LETTER)
    assert (receipt.state, receipt.retry, receipt.refused) == (DeliveryState.SENT, False, {})
    assert sink.mails[0].raw == RAW
    assert sink.mails[0].sender == "support@desk.example"
    assert sink.mails[0].recipients == ("ann@x.example", "bob@x.example")


async def test_starttls_and_sign_in(tmp_path: Path) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "secret", 5, client)
        receipt = await send(relay, LETTER)
    assert receipt.state is DeliveryState.SENT
    assert (sink.mails[0].tls, sink.mails[0].signed_in) == (True, True)


async def test_untrusted_certificate_sends_nothing_and_tries_again(tmp_path: Path) -> None:
    server, _ = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server)) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", timeout_seconds=5)
        receipt = await send(relay, LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)
    assert sink.mails == []


async def test_wrong_password_tries_again_as_settings_can_be_mended(tmp_path: Path) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "wrong", 5, client)
        receipt = await send(relay, LETTER)
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
        receipt = await send(relay_to(sink), LETTER)
    assert (receipt.state, receipt.retry) == (state, retry)
    assert (set(receipt.refused), set(receipt.postponed)) == (refused, postponed)


async def test_connection_lost_after_the_mail_went_out_is_unknown() -> None:
    async with smtp_sink() as sink:
        sink.hang_up_at_data = True
        receipt = await send(relay_to(sink), LETTER)
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
    receipt = await send(relay, Letter("s@x.example", ["ann@x.example"] * 100, RAW))
    server.close()
    await server.wait_closed()
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)


async def test_relay_that_is_not_there_is_tried_again() -> None:
    async with smtp_sink() as sink:
        relay = relay_to(sink)
    receipt = await send(relay, LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)


async def test_relay_that_says_nothing_is_given_up_in_time() -> None:
    silent = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    receipt = await send(Relay("127.0.0.1", port, "none", timeout_seconds=0.2), LETTER)
    silent.close()
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)


class Tokens:
    """Tells token-1, and another one each time that the last was refused."""

    def __init__(self, fault: ServicedeskError | None = None) -> None:
        self.fault = fault
        self.told = 1

    async def __call__(self, *, fresh: bool) -> str:
        if self.fault is not None:
            raise self.fault
        self.told += fresh
        return f"token-{self.told}"


@pytest.mark.parametrize(
    ("good", "told", "state"),
    [
        ("token-1", ["token-1"], DeliveryState.SENT),
        ("token-2", ["token-1", "token-2"], DeliveryState.SENT),
        ("none", ["token-1", "token-2"], DeliveryState.FAILED),
    ],
)
async def test_token_that_is_refused_is_fetched_anew_once(
    tmp_path: Path, good: str, told: list[str], state: DeliveryState
) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("nobody", "nothing"))) as sink:
        sink.good_token = good
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "", 5, client)
        receipt = await send(replace(relay, tell_token=Tokens()), LETTER)
    assert (receipt.state, sink.tokens) == (state, told)
    assert receipt.retry is (state is DeliveryState.FAILED)


async def test_provider_without_a_token_says_so_on_the_message(tmp_path: Path) -> None:
    server, client = make_certificate(tmp_path)
    fault = BadInput("google answered 400 invalid_grant: connect the mailbox anew.")
    async with smtp_sink(SinkRules(server, ("nobody", "nothing"))) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "", 5, client)
        receipt = await send(replace(relay, tell_token=Tokens(fault)), LETTER)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, True)
    assert "connect the mailbox anew" in receipt.detail


async def test_relay_that_is_away_is_not_knocked_at_by_each_message() -> None:
    destinations = Destinations()
    async with smtp_sink() as sink:
        relay = relay_to(sink)
    receipts = [await send_letter(relay, LETTER, destinations) for _ in range(20)]
    untried = [receipt for receipt in receipts if receipt.wait_seconds is not None]
    assert len(untried) == 20 - FAILURES_TO_OPEN
    assert {(receipt.state, receipt.retry) for receipt in untried} == {(DeliveryState.QUEUED, True)}


async def test_refused_sign_in_is_not_repeated_by_each_message(tmp_path: Path) -> None:
    """Servers lock out whoever goes on guessing."""
    server, client = make_certificate(tmp_path)
    destinations = Destinations()
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:
        relay = Relay("127.0.0.1", sink.port, "starttls", "desk", "wrong", 5, client)
        for _ in range(10):
            await send_letter(relay, LETTER, destinations)
        assert sink.connections == FAILURES_TO_OPEN
        mended = replace(relay, password="secret")
        assert (await send_letter(mended, LETTER, destinations)).state is DeliveryState.SENT


async def test_mail_over_the_relays_limit_is_not_begun() -> None:
    big = Letter("s@desk.example", [ANN], make_mail("Subject: big", ("x" * 70 + "\n") * 50))
    async with smtp_sink(SinkRules(most_bytes=2_000)) as sink:
        receipt = await send(relay_to(sink), big)
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, False)
    assert "Send fewer or smaller files" in receipt.detail
    assert sink.mails == []


USER = "用户@desk.example"


async def test_address_beyond_ascii_is_announced_and_arrives() -> None:
    async with smtp_sink() as sink:
        receipt = await send(relay_to(sink), Letter("s@desk.example", [USER], RAW))
    assert receipt.state is DeliveryState.SENT
    assert sink.mails[0].recipients == (USER,)


async def test_relay_without_smtputf8_is_not_asked_to_carry_such_an_address() -> None:
    async with smtp_sink(SinkRules(utf8=False)) as sink:
        receipt = await send(relay_to(sink), Letter("s@desk.example", [USER], RAW))
        plain = await send(relay_to(sink), Letter("s@desk.example", ["ann@bücher.example"], RAW))
    assert (receipt.state, receipt.retry) == (DeliveryState.FAILED, False)
    assert "SMTPUTF8" in receipt.detail
    assert plain.state is DeliveryState.SENT
    assert [mail.recipients for mail in sink.mails] == [("ann@xn--bcher-kva.example",)]
