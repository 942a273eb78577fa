"""The role that carries messages: real relays, good and odd, and what the ticket then shows."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes

import pytest
from pydantic import BaseModel
from structlog.testing import capture_logs

from servicedesk.app.process import roles_running
from servicedesk.app.roles import senders
from servicedesk.app.roles.names import Role
from servicedesk.app.wiring import Services, make_services
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk.reply import NewReply, reply
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import (
    Address,
    ChannelKind,
    DeliveryState,
    Outbound,
    Receipt,
)
from tests.fakes.smtp_sink import Delivered, SmtpSink, smtp_sink
from tests.stories.company import SALES, Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer
from tests.waiting import until

POLITE = {b"EHLO": b"250 relay", b"MAIL": b"250 ok", b"RCPT": b"250 ok", b"QUIT": b"221 bye"}


@asynccontextmanager
async def raw_relay(answers: Mapping[bytes, bytes]) -> AsyncIterator[int]:
    """A relay that says exactly these bytes to each command; its port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            writer.write((POLITE | dict(answers)).get(line[:4].upper(), b"500 what?") + b"\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def with_relay(services: Services, port: int) -> Services:
    settings = services.settings.model_copy(
        update={"relay_host": "127.0.0.1", "relay_port": port, "relay_security": "none"}
    )
    return make_services(settings, services.database, services.bus)


@dataclass
class HeldChannel:
    """The way out of mail, held open by a test: `send` waits for `may_end`."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[Outbound] = field(default_factory=list)
    settings_type: type[BaseModel] = EmailInboxSettings

    async def send(self, outbound: Outbound, settings: BaseModel) -> Receipt:
        self.sent.append(outbound)
        self.began.set()
        await self.may_end.wait()
        return Receipt(DeliveryState.SENT, "250 kept")


def with_channel(services: Services, channel: HeldChannel) -> Services:
    return replace(services, channels={ChannelKind.EMAIL: channel})  # type: ignore[dict-item]  # it only sends


async def write_answer(services: Services, company: Company, *copies: str) -> TicketId:
    """Queue an answer to Lin, with copies."""
    ticket_id = await open_by_mail(services, company)
    new = NewReply("We look.", seen_seq=100, cc=tuple(Address(copy) for copy in copies))
    email = services.channels[ChannelKind.EMAIL]
    await reply(services.database, email, company.ana, ticket_id, new)
    return ticket_id


async def delivery_of(services: Services) -> tuple[str, str | None]:
    """State and error of the one outbound message."""
    row = await services.database.sql.fetch_one(
        "SELECT delivery_state, delivery_error FROM message WHERE kind = 'outbound'"
    )
    assert row is not None
    return row["delivery_state"], row["delivery_error"]


async def until_settled(services: Services) -> None:
    async def settled() -> bool:
        rows = await services.database.sql.fetch(
            "SELECT id FROM outbox WHERE state IN ('queued', 'sending')"
        )
        return not rows

    await until(settled)


async def carry_all(services: Services) -> None:
    """Run the role until no message is on its way."""
    async with roles_running(services, [Role.SENDERS]):
        await until_settled(services)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with smtp_sink() as opened:
        yield opened


async def test_words_of_a_relay_in_no_known_charset_end_up_on_the_message(
    services: Services, company: Company
) -> None:
    await write_answer(services, company)
    async with raw_relay({b"RCPT": b"550 adresse refus\xe9e\x00"}) as port:
        await carry_all(with_relay(services, port))
    state, error = await delivery_of(services)
    assert state == "failed"
    assert error is not None
    assert "550 adresse refus?e" in error


async def test_receipt_waits_for_a_database_that_is_away_and_nothing_is_sent_twice(
    services: Services, company: Company
) -> None:
    await write_answer(services, company)
    channel = HeldChannel()
    sql = services.database.sql
    with capture_logs() as logs:
        async with roles_running(with_channel(services, channel), [Role.SENDERS]):
            await channel.began.wait()
            await sql.execute("ALTER TABLE outbox RENAME TO outbox_away")
            channel.may_end.set()

            async def receipt_waits() -> bool:
                return any(line["event"] == "receipt_waits" for line in logs)

            await until(receipt_waits)
            await sql.execute("ALTER TABLE outbox_away RENAME TO outbox")
            await until_settled(services)
    assert await delivery_of(services) == ("sent", None)
    assert len(channel.sent) == 1


async def test_stop_lets_what_is_being_carried_end_and_writes_its_receipt(
    services: Services, company: Company
) -> None:
    await write_answer(services, company)
    channel = HeldChannel()
    role = asyncio.create_task(senders.run(with_channel(services, channel), "me"))
    await channel.began.wait()
    role.cancel()
    await asyncio.sleep(0)
    channel.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await role
    assert await delivery_of(services) == ("sent", None)


async def test_message_whose_every_attempt_was_interrupted_is_given_up_as_unknown(
    services: Services, company: Company
) -> None:
    await write_answer(services, company)
    await services.database.sql.execute(
        "UPDATE outbox SET state = 'sending', claimed_by = 'dead', attempts = 9"
    )
    channel = HeldChannel()
    await carry_all(with_channel(services, channel))
    state, error = await delivery_of(services)
    assert (state, channel.sent) == ("unknown", [])
    assert error is not None
    assert "may have arrived" in error


BO = "bo@contact.example"


async def test_recipient_put_off_is_tried_again_alone(
    services: Services, company: Company, sink: SmtpSink
) -> None:
    await write_answer(services, company, BO)
    wired = with_relay(services, sink.port)
    sink.answers[BO] = "451 greylisted, try in 5 minutes"
    await carry_all(wired)
    assert await delivery_of(services) == ("queued", f"{BO}: 451 greylisted, try in 5 minutes")

    sink.answers.clear()
    await services.database.sql.execute("UPDATE outbox SET state = 'queued', due_at = created_at")
    await carry_all(wired)
    assert await delivery_of(services) == ("sent", None)
    assert [mail.recipients for mail in sink.mails] == [("lin@contact.example",), (BO,)]
    assert message_id_of(sink.mails[0]) == message_id_of(sink.mails[1])


async def test_recipient_refused_for_good_is_named_on_the_message(
    services: Services, company: Company, sink: SmtpSink
) -> None:
    await write_answer(services, company, BO)
    sink.answers[BO] = "550 5.1.1 no such user"
    await carry_all(with_relay(services, sink.port))
    assert await delivery_of(services) == ("sent", f"{BO}: 550 5.1.1 no such user")


def message_id_of(mail: Delivered) -> str:
    return str(message_from_bytes(mail.raw)["Message-ID"])


@dataclass
class SlowRelay(HeldChannel):
    """It holds what one inbox sends, and takes the rest at once."""

    slow_for: object = None

    async def send(self, message: Outbound, settings: BaseModel) -> Receipt:
        if message.inbox_id == self.slow_for:
            return await super().send(message, settings)
        self.sent.append(message)
        return Receipt(DeliveryState.SENT, "")


async def test_slow_relay_of_one_inbox_holds_up_no_other(
    services: Services, company: Company
) -> None:
    channel = SlowRelay(slow_for=company.inbox.id)
    for _ in range(9):
        await write_answer(services, company)
    async with roles_running(with_channel(services, channel), [Role.SENDERS]):
        await channel.began.wait()
        arrival = await post(services, company.sales_inbox, letter(to=SALES))
        assert arrival.ticket_id is not None
        await answer(services, company.zoe, TicketId(arrival.ticket_id))

        async def sales_is_sent() -> bool:
            return any(one.inbox_id == company.sales_inbox.id for one in channel.sent)

        await until(sales_is_sent)
        channel.may_end.set()
        await until_settled(services)
    assert len(channel.sent) == 10
