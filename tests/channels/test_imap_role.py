"""The role mailboxes: one owner for each mailbox, settings followed, killed at any instant."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Network
from urllib.parse import urlsplit, urlunsplit

from structlog.testing import capture_logs

from servicedesk.app.roles import mailboxes
from servicedesk.app.roles.mailboxes import Timing
from servicedesk.app.wiring import Services, make_services
from servicedesk.desk.inbox_settings import RenewedSecret, renew_secret
from servicedesk.domain.errors import Unavailable
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.mailbox_states import FolderState
from servicedesk.intake.mailboxes import find_read
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.metrics import render
from servicedesk.kernel.sql import as_uuid
from tests.channels.reading_mailboxes import (
    QUICK,
    Mailbox,
    arrivals,
    configure,
    marked,
    process,
    tickets,
)
from tests.databases import opened
from tests.fakes.http_server import Asked, answering, http_server
from tests.fakes.tcp_proxy import wire_to
from tests.services.dovecot import DovecotServer
from tests.stories.company import Company, found_company
from tests.waiting import until

TIMING = Timing(look_seconds=0.05, lease_seconds=1.0)


@asynccontextmanager
async def role(services: Services, name: str = "test") -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(mailboxes.run(services, name, TIMING, QUICK))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_two_mailboxes_are_read_by_one_role(
    services: Services, company: Company, dovecot_server: DovecotServer
) -> None:
    support = Mailbox(services, company.inbox, dovecot_server)
    sales = Mailbox(services, company.sales_inbox, dovecot_server)
    for mailbox, mark in ((support, 1), (sales, 2)):
        mailbox.deliver([mark])
        await configure(services, mailbox.inbox, {"imap": mailbox.settings()})
    async with role(services):
        await support.came([1, 2])
        support.deliver([3])
        sales.deliver([4])
        await support.came([1, 2, 3, 4])
        for mailbox in (support, sales):
            assert (await mailbox.is_in(FolderState.LISTENING)).error is None
        assert b"servicedesk_mailboxes 2.0" in render()[0]
    rows = await services.database.sql.fetch(
        "SELECT inbox_id, count(*) AS mails FROM arrival GROUP BY inbox_id"
    )
    assert [row["mails"] for row in rows] == [2, 2]


async def test_mailbox_over_tls_with_an_authority_of_ones_own(
    sqlite_settings: Settings, one_mailbox: Mailbox
) -> None:
    server = one_mailbox.server
    trusting = sqlite_settings.model_copy(update={"mail_ca_file": server.ca_file})
    services = replace(one_mailbox.services, settings=trusting)
    one_mailbox.deliver([1])
    tls = {"security": "tls", "port": server.tls_port}
    await configure(services, one_mailbox.inbox, {"imap": one_mailbox.settings(**tls)})
    async with role(services):
        await one_mailbox.came([1])


async def test_token_that_ended_is_fetched_anew_and_a_withdrawn_one_is_told(
    sqlite_settings: Settings, one_mailbox: Mailbox
) -> None:
    """Dovecot checks the tokens; the provider that grants them is a server of the test."""
    granted = [-10.0, 300.0]

    def grant(_asked: Asked) -> bytes:
        if not granted:
            return answering("400 Bad Request", b'{"error": "invalid_grant"}')
        token = one_mailbox.server.token(one_mailbox.user, granted.pop(0))
        return answering("200 OK", json.dumps({"access_token": token, "expires_in": 1}).encode())

    local = sqlite_settings.model_copy(update={"outgoing_allowed": [IPv4Network("127.0.0.0/8")]})
    services = make_services(local, one_mailbox.services.database, one_mailbox.services.bus)
    one_mailbox.deliver([1])
    async with http_server(grant) as provider:
        oauth = {
            "provider": "other",
            "token_url": f"http://127.0.0.1:{provider.port}/token",
            "client_id": "desk",
            "refresh_token": "refresh",
        }
        by_token = {"imap": one_mailbox.settings(sign_in="xoauth2", password=""), "oauth": oauth}
        await configure(services, one_mailbox.inbox, by_token)
        async with role(services):
            await one_mailbox.came([1])
            assert len(provider.asked) == 2
            await one_mailbox.is_in(FolderState.LISTENING)
            await configure(
                services, one_mailbox.inbox, by_token | {"oauth": oauth | {"scope": "x"}}
            )
            book = await one_mailbox.is_in(FolderState.FAILED)
    assert book.error is not None
    assert "Connect the mailbox anew" in book.error


async def test_refresh_token_that_renews_itself_drops_no_connection(
    one_mailbox: Mailbox,
) -> None:
    services, inbox = one_mailbox.services, one_mailbox.inbox
    oauth = {
        "provider": "other",
        "token_url": "https://login.example/token",
        "client_id": "desk",
        "refresh_token": "first",
    }
    await configure(services, inbox, {"imap": one_mailbox.settings(), "oauth": oauth})
    with capture_logs() as logs:
        async with role(services):
            await one_mailbox.is_in(FolderState.LISTENING)
            renewed = RenewedSecret(("oauth", "refresh_token"), "first", "second")
            assert await renew_secret(services.database, services.secrets, inbox.id, renewed)
            await asyncio.sleep(TIMING.look_seconds * 6)  # several looks
            one_mailbox.deliver([1])
            await one_mailbox.came([1])
            assert [log["event"] for log in logs if "mailbox_" in log["event"]] == ["mailbox_taken"]


async def test_settings_that_change_are_followed(one_mailbox: Mailbox) -> None:
    services, inbox = one_mailbox.services, one_mailbox.inbox
    one_mailbox.deliver([1])
    wrong = one_mailbox.settings(password="wrong")
    await configure(services, inbox, {"imap": wrong})
    async with role(services):
        assert (await one_mailbox.is_in(FolderState.FAILED)).error is not None
        await configure(services, inbox, {"imap": one_mailbox.settings()})
        await one_mailbox.came([1])
        one_mailbox.server.deliver(one_mailbox.user, [marked(2)], folder="Later")
        await configure(services, inbox, {"imap": one_mailbox.settings(folders=["Later"])})
        await one_mailbox.came([1, 2])

        async def only_one_is_read() -> bool:
            inbox_book, later = await one_mailbox.book("INBOX"), await one_mailbox.book("Later")
            return (inbox_book.state, later.state) == (FolderState.OFF, FolderState.LISTENING)

        await until(only_one_is_read)


async def test_inbox_that_is_switched_off_is_left(one_mailbox: Mailbox) -> None:
    services, sql = one_mailbox.services, one_mailbox.services.database.sql
    await configure(services, one_mailbox.inbox, {"imap": one_mailbox.settings()})
    async with role(services):
        await one_mailbox.is_in(FolderState.LISTENING)
        await sql.execute("UPDATE inbox SET active = $1", False)
        await one_mailbox.is_in(FolderState.OFF)
        one_mailbox.deliver([1])
        await sql.execute("UPDATE inbox SET active = $1", True)
        await one_mailbox.came([1])


async def test_settings_that_cannot_be_opened_are_told_and_stop_no_other_mailbox(
    services: Services, company: Company, dovecot_server: DovecotServer
) -> None:
    support = Mailbox(services, company.inbox, dovecot_server)
    sales = Mailbox(services, company.sales_inbox, dovecot_server)
    for mailbox in (support, sales):
        await configure(services, mailbox.inbox, {"imap": mailbox.settings()})
    async with role(services):
        await sales.is_in(FolderState.LISTENING)
        broken = {"imap": sales.settings(password={"sealed": "v1.gone.AAAA"})}
        await services.database.sql.execute(
            "UPDATE inbox SET settings = $2 WHERE id = $1", sales.inbox.id, broken
        )
        book = await sales.is_in(FolderState.FAILED)
        assert "Put that key back" in (book.error or "")
        support.deliver([1])
        await support.came([1])
        read = await find_read(services.database.sql, [support.inbox.id, sales.inbox.id])
        assert read == {support.inbox.id}
    assert await find_read(services.database.sql, [support.inbox.id]) == frozenset()


async def test_clean_stop_lets_a_successor_begin_at_once(one_mailbox: Mailbox) -> None:
    services = one_mailbox.services
    await configure(services, one_mailbox.inbox, {"imap": one_mailbox.settings()})
    async with role(services, "first"):
        await one_mailbox.is_in(FolderState.LISTENING)
    (lease,) = await services.database.sql.fetch("SELECT owner FROM lease")
    assert lease["owner"] == ""
    one_mailbox.deliver([1])
    async with role(services, "second"):
        await one_mailbox.came([1])


async def test_process_that_is_killed_again_and_again_doubles_nothing(
    settings: Settings, mailbox: Mailbox
) -> None:
    """Killed in the middle of catching up: while mails are fetched and stored, and let in."""
    marks, dice = range(120), random.Random(7)
    mailbox.deliver(marks, size=500)
    services = mailbox.services
    await configure(services, mailbox.inbox, {"imap": mailbox.settings()})
    for number in range(2):
        async with process(settings, f"killed-{number}"):
            before = await arrivals(services)
            wanted = min(before["accepted"] + dice.randint(1, 30), len(marks))

            async def some_came(wanted: int = wanted) -> bool:
                return (await arrivals(services))["accepted"] >= wanted

            await until(some_came, 30)
    async with process(settings, "last"):
        await mailbox.is_in(FolderState.LISTENING, 30)
    for row in await services.database.sql.fetch("SELECT id FROM arrival WHERE state = 'stored'"):
        await services.intake.admit(ArrivalId(as_uuid(row["id"])))  # as the role mail-in does
    assert await tickets(services) == {f"mark {mark}": 1 for mark in marks}
    assert await arrivals(services) == {"accepted": len(marks)}
    assert await mailbox.search("UNSEEN") == []


async def test_of_two_processes_one_reads_and_the_other_takes_over(
    postgres_settings: Settings,
    postgres_database: Database,
    bus: LocalBus,
    dovecot_server: DovecotServer,
) -> None:
    services = make_services(postgres_settings, postgres_database, bus)
    mailbox = Mailbox(services, (await found_company(services)).inbox, dovecot_server)
    await configure(services, mailbox.inbox, {"imap": mailbox.settings()})
    mailbox.deliver(range(60))
    async with process(postgres_settings, "one") as one, process(postgres_settings, "two") as two:
        await mailbox.came(range(60), 30)
        await mailbox.is_in(FolderState.LISTENING)
        owner = await _owner(services)
        (one if owner.startswith("one-") else two).kill()
        mailbox.deliver(range(60, 70))
        await mailbox.came(range(70), 30)
        assert await _owner(services) != owner
    assert await arrivals(services) == {"accepted": 70}


async def _owner(services: Services) -> str:
    (lease,) = await services.database.sql.fetch("SELECT owner FROM lease")
    return str(lease["owner"])


async def test_database_that_goes_away_costs_only_time(
    postgres_settings: Settings, bus: LocalBus, dovecot_server: DovecotServer
) -> None:
    address = urlsplit(postgres_settings.database_url)
    async with wire_to(address.hostname or "127.0.0.1", address.port or 5432) as wire:
        user = f"{address.netloc.rpartition('@')[0]}@" if "@" in address.netloc else ""
        url = urlunsplit(address._replace(netloc=f"{user}127.0.0.1:{wire.port}"))
        settings = postgres_settings.model_copy(update={"database_url": url})
        async with opened(settings, bus) as database:
            services = make_services(settings, database, bus)
            inbox = (await found_company(services)).inbox
            mailbox = Mailbox(services, inbox, dovecot_server)
            await configure(services, inbox, {"imap": mailbox.settings()})
            with capture_logs() as lines:
                async with role(services):
                    await mailbox.is_in(FolderState.LISTENING)
                    wire.cut()
                    mailbox.deliver([1])

                    async def is_missed() -> bool:
                        return {"mailbox_lost", "mailboxes_wait"} <= {one["event"] for one in lines}

                    await until(is_missed)
                    wire.mend()

                    async def came() -> bool:
                        with contextlib.suppress(Unavailable):
                            return await tickets(services) == {"mark 1": 1}
                        return False

                    await until(came)
