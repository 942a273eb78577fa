"""Each inbox sends by its own relay, and copies of what it sent lie in its own mailbox."""

import imaplib
from collections.abc import AsyncIterator
from email import message_from_bytes

import pytest

from servicedesk.app.process import roles_running
from servicedesk.app.roles.names import Role
from servicedesk.app.wiring import Services
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk.inbox_changes import InboxChanges, change_inbox
from servicedesk.desk.inbox_settings import SettingsForm
from servicedesk.domain.actors import user_actor
from tests.fakes.smtp_sink import SmtpSink, smtp_sink
from tests.services.dovecot import DovecotServer
from tests.stories.company import Company
from tests.stories.test_sending import (
    carry_all,
    delivery_of,
    message_id_of,
    until_settled,
    with_relay,
    write_answer,
)
from tests.waiting import until


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with smtp_sink() as opened:
        yield opened


async def set_up(services: Services, company: Company, **typed: object) -> None:
    form = SettingsForm(EmailInboxSettings, typed, services.secrets)
    actor = user_actor(company.ada.user_id)
    row = await services.database.sql.fetch_one(
        "SELECT version FROM inbox WHERE id = $1", company.inbox.id
    )
    assert row is not None
    changes = InboxChanges(settings=form)
    await change_inbox(services.database, actor, company.inbox.id, row["version"], changes)


def relay_to(sink: SmtpSink) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": sink.port, "security": "none"}


async def test_inbox_with_a_relay_of_its_own_sends_by_it_and_under_its_name(
    services: Services, company: Company, sink: SmtpSink
) -> None:
    await set_up(
        services,
        company,
        smtp=relay_to(sink),
        from_name="Acme 客服",
        reply_to="answers@acme.example",
    )
    await write_answer(services, company)
    async with smtp_sink() as common:
        await carry_all(with_relay(services, common.port))
    assert common.mails == []
    mail = message_from_bytes(sink.mails[0].raw)
    assert mail["From"].endswith("<support@acme.example>")
    assert "Acme" in mail["From"]
    assert mail["Reply-To"].endswith("<answers@acme.example>")
    assert sink.mails[0].sender.startswith("support+b.")


async def test_second_attempt_is_the_same_mail(
    services: Services, company: Company, sink: SmtpSink
) -> None:
    await write_answer(services, company)
    wired = with_relay(services, sink.port)
    await carry_all(wired)
    await services.database.sql.execute(
        "UPDATE outbox SET state = 'queued', due_at = created_at, attempts = 0"
    )
    await carry_all(wired)
    assert sink.mails[0].raw == sink.mails[1].raw


async def test_key_that_cannot_sign_holds_the_mail_until_it_is_mended(
    services: Services, company: Company, sink: SmtpSink
) -> None:
    dkim = {"domain": "acme.example", "selector": "s1", "private_key": "no key"}
    await set_up(services, company, smtp=relay_to(sink), dkim=dkim)
    await write_answer(services, company)
    await carry_all(services)
    state, error = await delivery_of(services)
    assert (state, sink.mails) == ("queued", [])
    assert "DKIM key cannot be read" in (error or "")


async def test_messages_for_a_relay_that_is_away_are_held_and_use_up_no_attempt(
    services: Services, company: Company
) -> None:
    async with smtp_sink() as gone:
        port = gone.port
    for _ in range(6):
        await write_answer(services, company)
    async with roles_running(with_relay(services, port), [Role.SENDERS]):
        await until_settled(services)
    rows = await services.database.sql.fetch("SELECT attempts FROM outbox ORDER BY attempts")
    assert sum(row["attempts"] for row in rows) < len(rows)
    assert {row["attempts"] for row in rows} == {0, 1}
    state, error = await delivery_of(services)
    assert state == "queued"
    assert error


def copies_in(dovecot: DovecotServer, user: str, folder: str) -> list[bytes]:
    with imaplib.IMAP4("127.0.0.1", dovecot.port) as client:
        client.login(user, dovecot.password)
        if client.select(folder, readonly=True)[0] != "OK":
            return []
        numbers = client.search(None, "ALL")[1][0].split()
        return [client.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]  # type: ignore[index,misc]  # imaplib's answer is a list of pairs


async def until_copied(services: Services) -> None:
    async def copied() -> bool:
        rows = await services.database.sql.fetch("SELECT state FROM sent_copy")
        return bool(rows) and all(row["state"] == "done" for row in rows)

    await until(copied)


def mailbox_on(dovecot: DovecotServer, user: str) -> dict[str, object]:
    return {
        "host": "127.0.0.1",
        "port": dovecot.port,
        "security": "none",
        "username": user,
        "password": dovecot.password,
    }


async def test_copy_of_what_was_sent_lies_in_the_mailbox_once(
    services: Services, company: Company, sink: SmtpSink, dovecot_server: DovecotServer
) -> None:
    user = f"copies-{company.inbox.id}"
    await set_up(
        services,
        company,
        smtp=relay_to(sink),
        imap=mailbox_on(dovecot_server, user),
        sent_copy=True,
        sent_folder="Gesendete Objekte & Ä",
    )
    await write_answer(services, company)
    async with roles_running(services, [Role.SENDERS]):
        await until_copied(services)
    await services.database.sql.execute(
        "UPDATE sent_copy SET state = 'waiting', due_at = created_at"
    )  # as if the process had died before it wrote that the copy is there
    async with roles_running(services, [Role.SENDERS]):
        await until_copied(services)
    (copy,) = copies_in(dovecot_server, user, '"Gesendete Objekte &- &AMQ-"')
    assert copy == sink.mails[0].raw
    assert message_id_of(sink.mails[0]) == message_from_bytes(copy)["Message-ID"]


async def test_mailbox_that_is_away_keeps_the_copy_waiting_and_not_the_mail(
    services: Services, company: Company, sink: SmtpSink
) -> None:
    async with smtp_sink() as gone:
        port = gone.port
    away = {"host": "127.0.0.1", "port": port, "security": "none", "username": "u"}
    await set_up(services, company, smtp=relay_to(sink), imap=away, sent_copy=True)
    await write_answer(services, company)

    async def put_off() -> bool:
        rows = await services.database.sql.fetch(
            "SELECT id FROM sent_copy WHERE state = 'waiting' AND error IS NOT NULL"
        )
        return len(rows) == 1

    async with roles_running(services, [Role.SENDERS]):
        await until(put_off)
    assert await delivery_of(services) == ("sent", None)
    assert len(sink.mails) == 1
