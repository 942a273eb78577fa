"""The one door: raw first, then understood, then handed to the desk.

`store` makes the raw input durable; only after it has returned may a channel acknowledge. `admit`
parses, drops duplicates, finds the ticket and calls the story, in one transaction. Whatever goes
wrong after `store` loses nothing: the arrival waits, or lies in quarantine with the reason.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from servicedesk.desk.inbox_rules import rules_of
from servicedesk.desk.inboxes import InboxFacts, get_inbox_and_own
from servicedesk.desk.incoming import Stored
from servicedesk.desk.messages import StoredFile
from servicedesk.desk.queueing import ExternalIds
from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import StorageFull, Unavailable
from servicedesk.domain.ids import ArrivalId
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.domain.storable import storable
from servicedesk.intake import arrivals
from servicedesk.intake.arrivals import (
    LONGEST_REASON,
    TRUSTED_HOSTS,
    Arrival,
    ArrivalState,
    Outcome,
    Raw,
)
from servicedesk.intake.fresh import Fresh
from servicedesk.intake.hand_over import Understood, hand_over
from servicedesk.intake.reading import read_apart
from servicedesk.kernel import metrics
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.database import Database
from servicedesk.kernel.work import Work

INTAKE = system_actor("intake")
log = structlog.get_logger(__name__)


class Parse(Protocol):
    """How a channel understands its raw input. Whatever it raises becomes the reason of a
    quarantine."""

    def __call__(self, raw: bytes, arrival: Arrival) -> Inbound: ...


@dataclass(frozen=True, slots=True)
class Collected:
    """One input that was fetched. `fault`: why it cannot be let in as it is."""

    raw: bytes
    envelope: Mapping[str, object]
    fault: str | None = None


Note = Callable[[Work], Awaitable[None]]


class Intake:
    """Everything that comes in goes through here, whatever its channel."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        parsers: Mapping[ChannelKind, Parse],
        external_ids: Mapping[ChannelKind, ExternalIds],
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._parsers = parsers
        self._external_ids = external_ids
        self._fresh = Fresh()

    async def store(
        self, inboxes: Sequence[InboxFacts], raw: bytes, envelope: Mapping[str, object]
    ) -> list[ArrivalId]:
        """Make a raw input durable: its file, then its rows. Raises StorageFull, Unavailable."""
        blob = await self._blobs.put(raw)
        async with self._database.work(INTAKE) as work:
            stored = await arrivals.insert_arrivals(
                work,
                {inbox.id: inbox.channel for inbox in inboxes},
                [Raw(blob, len(raw), envelope)],
            )
        for arrival in stored:
            self._fresh.keep(arrival, raw)
        return [arrival.id for arrival in stored]

    async def store_collected(
        self, inbox: InboxFacts, mails: Sequence[Collected], note: Note
    ) -> list[ArrivalId]:
        """Make fetched inputs durable, with what `note` writes down in the same transaction.

        Those that `admit` shall look at are returned, in their order. Raises as `store` does.
        """
        blobs = await self._blobs.put_all([mail.raw for mail in mails])
        raws = [
            Raw(blob, len(mail.raw), mail.envelope, mail.fault)
            for mail, blob in zip(mails, blobs, strict=True)
        ]
        async with self._database.work(INTAKE) as work:
            await note(work)
            if not raws:
                return []
            stored = await arrivals.insert_arrivals(work, {inbox.id: inbox.channel}, raws)
        return [arrival.id for arrival in stored if arrival.state is ArrivalState.STORED]

    async def admit(self, arrival_id: ArrivalId) -> ArrivalState:
        """Understand a stored arrival and give it to the desk; return what became of it.

        A fault of the input puts it into quarantine; a database or disk that is away leaves it
        waiting for the sweep.
        """
        fresh = self._fresh.take(arrival_id)
        arrival = fresh.arrival if fresh else await self._load(arrival_id)
        if arrival.state is not ArrivalState.STORED:
            return arrival.state
        try:
            raw = fresh.raw if fresh else await self._blobs.open(arrival.blob)
            outcome = await self._admit(arrival, raw)
        except (Unavailable, StorageFull):
            log.warning("arrival_waits", arrival_id=str(arrival_id))
            return ArrivalState.STORED
        except Exception as error:
            log.exception("arrival_quarantined", arrival_id=str(arrival_id))
            outcome = await self._quarantine(arrival, error)
        metrics.note_arrival(arrival.channel, outcome)
        return outcome

    async def _load(self, arrival_id: ArrivalId) -> Arrival:
        return await arrivals.get_arrival(self._database.sql, arrival_id)

    async def _admit(self, arrival: Arrival, raw: bytes) -> ArrivalState:
        inbox, own = await get_inbox_and_own(self._database.sql, arrival.inbox_id)
        inbound = await self._understand(raw, _as_inbox_sees(arrival, inbox))
        stored = Stored(arrival.blob, await self._store_files(inbound))
        async with self._database.work(INTAKE) as work:
            understood = Understood(arrival, inbox, inbound, stored, own)
            return await hand_over(work, understood, self._external_ids[arrival.channel])

    async def _understand(self, raw: bytes, arrival: Arrival) -> Inbound:
        parse = self._parsers[arrival.channel]
        return await read_apart(lambda: parse(raw, arrival), len(raw))

    async def _store_files(self, inbound: Inbound) -> list[StoredFile]:
        names = await self._blobs.put_all([file.content for file in inbound.attachments])
        return [
            StoredFile(
                sha256=sha256,
                filename=file.filename,
                content_type=file.content_type,
                size_bytes=len(file.content),
                inline=file.inline,
                content_id=file.content_id,
            )
            for file, sha256 in zip(inbound.attachments, names, strict=True)
        ]

    async def _quarantine(self, arrival: Arrival, error: Exception) -> ArrivalState:
        reason = storable(f"{type(error).__name__}: {error}", LONGEST_REASON)
        async with self._database.work(INTAKE) as work:
            if await arrivals.claim(work.sql, arrival.id):
                quarantined = Outcome(ArrivalState.QUARANTINED, reason=reason)
                await arrivals.finish(work, arrival.id, quarantined)
                arrivals.note_quarantined(work, arrival.id, arrival.inbox_id)
        return ArrivalState.QUARANTINED


def _as_inbox_sees(arrival: Arrival, inbox: InboxFacts) -> Arrival:
    """Return the arrival with what the inbox adds to its envelope: whom it believes."""
    hosts = list(rules_of(inbox).trusted_hosts)
    return replace(arrival, envelope={**arrival.envelope, TRUSTED_HOSTS: hosts})
