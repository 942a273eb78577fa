"""A desk that reads a mailbox of a real Dovecot, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from servicedesk.app.wiring import Services
from servicedesk.channels.email.imap.account import Account, Patience
from servicedesk.channels.email.imap.connect import signed_in
from servicedesk.channels.email.imap.plan import Taking
from servicedesk.channels.email.imap.watch import Pace, watch_folder
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.intake.collect import Collector
from servicedesk.intake.mailbox_states import FolderState
from servicedesk.intake.mailboxes import FolderBook, list_folders
from servicedesk.kernel import leases
from servicedesk.kernel.config import Settings
from servicedesk.kernel.sealed import Sealer
from tests.fakes.mail import make_mail
from tests.services.dovecot import DovecotServer
from tests.stories.company import Company
from tests.waiting import until

QUICK = Pace(lambda: 0.0, 0.05, 0.2, 0.05, 0.2)
IMPATIENT = Patience(2.0, 0.5, 1.0, 0.2)
TAKING = Taking(max_bytes=100_000, poll_seconds=20)


def marked(mark: int, size: int = 0) -> bytes:
    """A mail of its own, which opens a ticket whose subject is its mark."""
    headers = (
        f"From: Contact {mark} <contact{mark}@contact.example>\nTo: support@acme.example\n"
        f"Subject: mark {mark}\nMessage-ID: <mark-{mark}@contact.example>"
    )
    return make_mail(headers, "Where is my parcel?\n" + f"{'x' * 70}\n" * (size // 71))


@dataclass(slots=True)
class Mailbox:
    """A mailbox that nobody has used, and the desk that shall read it."""

    services: Services
    inbox: InboxFacts
    server: DovecotServer
    user: str = field(default_factory=lambda: f"u{uuid.uuid4().hex}")

    @property
    def account(self) -> Account:
        return Account(
            "127.0.0.1", self.server.port, self.user, self.server.password, patience=IMPATIENT
        )

    def through(self, port: int) -> Account:
        return replace(self.account, port=port)

    def deliver(self, marks: Iterable[int], size: int = 0, days_ago: float = 0) -> None:
        mails = [marked(mark, size) for mark in marks]
        self.server.deliver(self.user, mails, days_ago=days_ago)

    async def collector(self, owner: str = "this test") -> Collector:
        sql = self.services.database.sql
        lease = await leases.acquire(sql, f"mailbox:{self.inbox.id}", owner, 60)
        assert lease is not None
        return Collector(self.services.database, self.services.intake, self.inbox, lease)

    @asynccontextmanager
    async def reading(
        self, taking: Taking = TAKING, account: Account | None = None, folder: str = "INBOX"
    ) -> AsyncIterator[asyncio.Task[None]]:
        watch = watch_folder(account or self.account, folder, await self.collector(), taking, QUICK)
        task = asyncio.create_task(watch)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def find_book(self, folder: str = "") -> FolderBook | None:
        """The bookkeeping of a folder ("": of the first there is)."""
        found = await list_folders(self.services.database.sql, [self.inbox.id])
        books = found.get(self.inbox.id, [])
        return next((book for book in books if folder in ("", book.folder)), None)

    async def book(self, folder: str = "") -> FolderBook:
        found = await self.find_book(folder)
        assert found is not None
        return found

    async def state(self) -> FolderState:
        found = await self.find_book()
        return FolderState.OFF if found is None else found.state

    async def is_in(self, state: FolderState, seconds: float = 15) -> FolderBook:
        """Wait until the folder is in the state."""

        async def stands_so() -> bool:
            return await self.state() is state

        await until(stands_so, seconds)
        return await self.book()

    async def came(self, marks: Iterable[int], seconds: float = 20) -> None:
        """Wait until each mark is a ticket; fail if one is missing or there twice."""
        wanted = Counter(f"mark {mark}" for mark in marks)

        async def all_came() -> bool:
            return len(await tickets(self.services)) >= len(wanted)

        try:
            await until(all_came, seconds)
        finally:
            found = await tickets(self.services)
            assert found == wanted, {"missing": wanted - found, "doubled": found - wanted}

    async def search(self, criteria: str, folder: str = "INBOX") -> list[int]:
        async with signed_in(self.account) as client:
            await client.select(folder)
            return await client.search(criteria)

    def settings(self, **changes: object) -> dict[str, Any]:
        """The section imap of an inbox's settings."""
        return {
            "host": "127.0.0.1",
            "port": self.server.port,
            "security": "none",
            "username": self.user,
            "password": self.server.password,
            "since": "2020-01-01",
            **changes,
        }


async def tickets(services: Services) -> Counter[str]:
    rows = await services.database.sql.fetch("SELECT subject FROM ticket")
    return Counter(row["subject"] for row in rows)


async def arrivals(services: Services) -> Counter[str]:
    """How many arrivals are in each state."""
    rows = await services.database.sql.fetch("SELECT state FROM arrival")
    return Counter(row["state"] for row in rows)


async def configure(services: Services, inbox: InboxFacts, settings: Mapping[str, Any]) -> None:
    """Write settings into an inbox's row as the API does."""
    checked = EmailInboxSettings.model_validate(settings)
    sealed = Sealer(services.secrets, f"inbox:{inbox.id}").seal(checked)
    await services.database.sql.execute(
        "UPDATE inbox SET settings = $2, version = version + 1 WHERE id = $1", inbox.id, sealed
    )


def mailbox_of(services: Services, company: Company, server: DovecotServer) -> Mailbox:
    return Mailbox(services, company.inbox, server)


@asynccontextmanager
async def process(settings: Settings, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of its own; killed at the end, if it still runs."""
    environment = {
        **os.environ,
        "SERVICEDESK_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
    }
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.channels.mailbox_process",
        name,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert made.stdout is not None
        assert await made.stdout.readline() == b"reading\n"
        yield made
    finally:
        with contextlib.suppress(ProcessLookupError):
            made.kill()
        await made.wait()
