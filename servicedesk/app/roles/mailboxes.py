"""Reads mailboxes: a task for each folder, and of all processes one owner for each mailbox.

    look ──▶ which inboxes have a mailbox? ──▶ lease each ──▶ begin, renew, end ──▶ sleep ──▶ look …

Settings that change, and inboxes that are switched off, are seen at the next look. An owner that is
killed leaves its leases; they run out, and another process goes on where the rows say.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from servicedesk.app.wiring import Services
from servicedesk.channels.email.imap.account import Account, account_of, trust_also
from servicedesk.channels.email.imap.plan import Taking
from servicedesk.channels.email.imap.watch import Pace, watch_folder
from servicedesk.channels.email.settings import EmailInboxSettings, ImapSettings, OAuthSettings
from servicedesk.desk.inbox_settings import open_settings
from servicedesk.desk.inboxes import InboxFacts, active_inboxes
from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.ids import InboxId
from servicedesk.domain.messages import ChannelKind
from servicedesk.intake import mailboxes
from servicedesk.intake.collect import Collector
from servicedesk.intake.understand import INTAKE
from servicedesk.kernel import leases, metrics
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.leases import Lease

OWNER_PREFIX = 50
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds between looks, and how long a lease lasts: a killed owner is replaced within both."""

    look_seconds: float = 3.0
    lease_seconds: float = 15.0


USUAL_TIMING = Timing()
USUAL_PACE = Pace(random.random)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An inbox with a mailbox, its settings in the clear."""

    inbox: InboxFacts
    imap: ImapSettings
    oauth: OAuthSettings | None


@dataclass(slots=True)
class _Held:
    """A mailbox that this process reads."""

    wanted: _Wanted
    lease: Lease
    renewed_at: float
    task: asyncio.Task[None]


async def run(
    services: Services, process: str, timing: Timing = USUAL_TIMING, pace: Pace = USUAL_PACE
) -> None:
    """Read every mailbox that nobody else reads, until cancelled."""
    readers = _Readers(services, process, timing, pace)
    try:
        while True:
            try:
                await readers.look()
            except (ServicedeskError, OSError) as error:
                log.warning("mailboxes_wait", error=type(error).__name__)
            except Exception:
                log.exception("mailboxes_failed")
            await asyncio.sleep(timing.look_seconds)
    finally:
        await readers.end_all()


class _Readers:
    """The mailboxes of this process. An owner's name is never used twice, as leases need it."""

    def __init__(self, services: Services, process: str, timing: Timing, pace: Pace) -> None:
        self._services = services
        self._owner = f"{process[:OWNER_PREFIX]}-{new_id().hex[-12:]}"
        self._timing = timing
        self._pace = pace
        self._held: dict[InboxId, _Held] = {}
        self._told: Mapping[InboxId, str] = {}

    async def look(self) -> None:
        """Make what is read equal to what the rows want."""
        wanted, unusable = await _find_wanted(self._services)
        await self._tell(unusable)
        for inbox_id, held in list(self._held.items()):
            now = wanted.get(inbox_id)
            if now is None or held.task.done() or not _same(held.wanted.inbox, now.inbox):
                await self._end(inbox_id)
            else:
                held.wanted = now
        for one in wanted.values():
            await self._hold(one)
        await _switch_off_others(self._services.database, wanted, unusable)
        metrics.show_mailboxes(len(self._held))

    async def _tell(self, unusable: Mapping[InboxId, str]) -> None:
        """Show once why an inbox's settings cannot be used."""
        for inbox_id, words in unusable.items():
            if self._told.get(inbox_id) != words:
                log.warning("mailbox_settings_unusable", inbox_id=str(inbox_id))
                async with self._services.database.work(INTAKE) as work:
                    await mailboxes.refuse_settings(work, inbox_id, words)
        self._told = unusable

    async def end_all(self) -> None:
        for held in self._held.values():
            held.task.cancel()
        for inbox_id in list(self._held):
            await self._end(inbox_id)
        metrics.show_mailboxes(0)

    async def _hold(self, wanted: _Wanted) -> None:
        """Begin to read the mailbox, or go on; end if another has it."""
        held, now = self._held.get(wanted.inbox.id), asyncio.get_running_loop().time()
        if held is not None and now < held.renewed_at + self._timing.lease_seconds / 3:
            return
        name = mailboxes.lease_name(wanted.inbox.id)
        sql = self._services.database.sql
        lease = await leases.acquire(sql, name, self._owner, self._timing.lease_seconds)
        if held is not None and held.lease == lease:
            held.renewed_at = now
            return
        if held is not None:
            await self._end(wanted.inbox.id)
        if lease is not None:
            task = asyncio.create_task(self._read(wanted, lease))
            self._held[wanted.inbox.id] = _Held(wanted, lease, now, task)
            log.info("mailbox_taken", inbox_id=str(wanted.inbox.id), token=lease.token)

    async def _read(self, wanted: _Wanted, lease: Lease) -> None:
        services, imap = self._services, wanted.imap
        collector = Collector(services.database, services.intake, wanted.inbox, lease)
        account = self._account(wanted)
        taking = Taking(
            max_bytes=services.settings.mailbox_max_bytes,
            handled=imap.handled,
            handled_folder=imap.handled_folder,
            since=imap.since,
            poll_seconds=imap.poll_seconds,
        )
        with structlog.contextvars.bound_contextvars(inbox_id=str(wanted.inbox.id)):
            async with asyncio.TaskGroup() as group:
                for folder in imap.folders:
                    group.create_task(watch_folder(account, folder, collector, taking, self._pace))

    def _account(self, wanted: _Wanted) -> Account:
        inbox_id, oauth = wanted.inbox.id, wanted.oauth
        trust = partial(trust_also, self._services.settings.mail_ca_file)
        if oauth is None:
            return account_of(wanted.imap, None, trust)

        def newest() -> OAuthSettings:
            held = self._held.get(inbox_id)
            return oauth if held is None or held.wanted.oauth is None else held.wanted.oauth

        tokens = self._services.mail_tokens.of_mailbox(inbox_id, newest)
        return account_of(wanted.imap, tokens, trust)

    async def _end(self, inbox_id: InboxId) -> None:
        """Stop reading and let go, so that a successor need not wait."""
        held = self._held.pop(inbox_id)
        held.task.cancel()
        (outcome,) = await asyncio.gather(held.task, return_exceptions=True)
        why = "stopped" if outcome is None else type(_first(outcome)).__name__
        log.info("mailbox_let_go", inbox_id=str(inbox_id), why=why)
        try:
            await leases.release(self._services.database.sql, held.lease)
        except (ServicedeskError, OSError) as error:
            log.warning("mailbox_lease_kept", error=type(error).__name__)  # it runs out by itself


def _first(fault: BaseException) -> BaseException:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


async def _find_wanted(
    services: Services,
) -> tuple[Mapping[InboxId, _Wanted], Mapping[InboxId, str]]:
    """Return the inboxes with a mailbox, and why the settings of others cannot be used."""
    wanted, unusable = {}, {}
    for inbox in await active_inboxes(services.database.sql, ChannelKind.EMAIL):
        try:
            settings = open_settings(services.secrets, inbox, EmailInboxSettings)
        except ServicedeskError as error:
            unusable[inbox.id] = str(error)
            continue
        if settings.imap is not None:
            wanted[inbox.id] = _Wanted(inbox, settings.imap, settings.oauth)
    return wanted, unusable


def _same(held: InboxFacts, wanted: InboxFacts) -> bool:
    """Is it to be read as it is read now? A refresh token that renewed itself leaves the version,
    and the next sign-in uses it: no connection is dropped for it."""
    return wanted.settings == held.settings or wanted.version == held.version


async def _switch_off_others(
    database: Database, wanted: Mapping[InboxId, _Wanted], unusable: Mapping[InboxId, str]
) -> None:
    names = {(one.inbox.id, folder) for one in wanted.values() for folder in one.imap.folders}
    unwanted = await mailboxes.find_unwanted(database.sql, names, unusable)
    if unwanted:
        async with database.work(INTAKE) as work:
            await mailboxes.switch_off(work, unwanted)
