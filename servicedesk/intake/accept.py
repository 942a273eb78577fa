"""The one door: raw first, then understood, then handed to the desk.

`store` makes the raw input durable; only after it has returned may a channel acknowledge. `admit`
parses, drops duplicates, finds the ticket and calls the story, in one transaction. Whatever goes
wrong after `store` loses nothing: the arrival waits, or lies in quarantine with the reason.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from servicedesk.desk.inboxes import InboxFacts, get_inbox, own_addresses
from servicedesk.desk.messages import StoredFile
from servicedesk.desk.receive import Received, Stored, receive
from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import StorageFull, Unavailable
from servicedesk.domain.ids import ArrivalId
from servicedesk.domain.messages import ChannelKind, Inbound, MailClass
from servicedesk.domain.storable import storable
from servicedesk.intake import arrivals
from servicedesk.intake.arrivals import LET_IN, Arrival, ArrivalState, Outcome
from servicedesk.intake.thread_facts import load_thread_facts
from servicedesk.intake.threading import decide
from servicedesk.kernel import metrics
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.database import Database
from servicedesk.kernel.work import Work

INTAKE = system_actor("intake")
LONGEST_REASON = 500
LARGE_BYTES = 200_000
log = structlog.get_logger(__name__)


class Parse(Protocol):
    """How a channel understands its raw input. Whatever it raises becomes the reason of a
    quarantine."""

    def __call__(self, raw: bytes, arrival: Arrival) -> Inbound: ...


class Intake:
    """Everything that comes in goes through here, whatever its channel."""

    def __init__(
        self, database: Database, blobs: Blobs, parsers: Mapping[ChannelKind, Parse]
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._parsers = parsers

    async def store(
        self, inboxes: Sequence[InboxFacts], raw: bytes, envelope: Mapping[str, object]
    ) -> list[ArrivalId]:
        """Make a raw input durable: its file, then its rows. Raises StorageFull, Unavailable."""
        blob = await self._blobs.put(raw)
        async with self._database.work(INTAKE) as work:
            return await arrivals.insert_arrivals(
                work, {inbox.id: inbox.channel for inbox in inboxes}, blob, len(raw), envelope
            )

    async def admit(self, arrival_id: ArrivalId) -> ArrivalState:
        """Understand a stored arrival and give it to the desk; return what became of it.

        A fault of the input puts it into quarantine; a database or disk that is away leaves it
        waiting for the sweep.
        """
        arrival = await arrivals.get_arrival(self._database.sql, arrival_id)
        if arrival.state is not ArrivalState.STORED:
            return arrival.state
        try:
            outcome = await self._admit(arrival)
        except (Unavailable, StorageFull):
            log.warning("arrival_waits", arrival_id=str(arrival_id))
            return ArrivalState.STORED
        except Exception as error:
            log.exception("arrival_quarantined", arrival_id=str(arrival_id))
            outcome = await self._quarantine(arrival, error)
        metrics.note_arrival(arrival.channel, outcome)
        return outcome

    async def _admit(self, arrival: Arrival) -> ArrivalState:
        inbox = await get_inbox(self._database.sql, arrival.inbox_id)
        raw = await self._blobs.open(arrival.blob)
        inbound = await self._understand(raw, arrival)
        stored = Stored(arrival.blob, await self._store_files(inbound))
        async with self._database.work(INTAKE) as work:
            if not await arrivals.claim(work.sql, arrival.id):
                return ArrivalState.STORED
            return await _hand_over(work, arrival, inbox, inbound, stored)

    async def _understand(self, raw: bytes, arrival: Arrival) -> Inbound:
        """Parse; a large input in a thread, so that it does not hold up everybody else."""
        parse = self._parsers[arrival.channel]
        if len(raw) < LARGE_BYTES:
            return parse(raw, arrival)
        return await asyncio.to_thread(parse, raw, arrival)

    async def _store_files(self, inbound: Inbound) -> list[StoredFile]:
        return [
            StoredFile(
                sha256=await self._blobs.put(file.content),
                filename=file.filename,
                content_type=file.content_type,
                size_bytes=len(file.content),
                inline=file.inline,
                content_id=file.content_id,
            )
            for file in inbound.attachments
        ]

    async def _quarantine(self, arrival: Arrival, error: Exception) -> ArrivalState:
        reason = storable(f"{type(error).__name__}: {error}", LONGEST_REASON)
        async with self._database.work(INTAKE) as work:
            if await arrivals.claim(work.sql, arrival.id):
                await arrivals.finish(
                    work, arrival.id, Outcome(ArrivalState.QUARANTINED, reason=reason)
                )
                payload = {"arrival_id": str(arrival.id), "inbox_id": str(arrival.inbox_id)}
                work.record("arrival.quarantined", payload=payload)
        return ArrivalState.QUARANTINED


async def _hand_over(
    work: Work, arrival: Arrival, inbox: InboxFacts, inbound: Inbound, stored: Stored
) -> ArrivalState:
    if not await arrivals.first_of_its_kind(work, arrival.id, inbound):
        await arrivals.finish(work, arrival.id, Outcome(ArrivalState.DUPLICATE))
        return ArrivalState.DUPLICATE
    if inbound.sender.value in await own_addresses(work.sql, inbound.channel):
        inbound = replace(inbound, mail_class=MailClass.OWN_LOOP)
    if arrival.envelope.get(LET_IN):
        inbound = replace(inbound, mail_class=MailClass.PERSON)
    belonging = decide(inbound, await load_thread_facts(work.sql, inbound))
    if belonging.ticket_id is None and inbound.mail_class is not MailClass.PERSON:
        suspended = Outcome(ArrivalState.SUSPENDED, reason=inbound.mail_class.value)
        await arrivals.finish(work, arrival.id, suspended)
        payload = {"arrival_id": str(arrival.id), "inbox_id": str(arrival.inbox_id)}
        work.record("arrival.suspended", payload=payload)
        return ArrivalState.SUSPENDED
    received: Received = await receive(work, inbox, inbound, belonging, stored)
    accepted = Outcome(
        ArrivalState.ACCEPTED, ticket_id=received.ticket_id, message_id=received.message_id
    )
    await arrivals.finish(work, arrival.id, accepted)
    return ArrivalState.ACCEPTED
