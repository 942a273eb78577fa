"""The one door: raw first, then understood, then handed to the desk.

`store` makes the raw input durable; only after it has returned may a channel acknowledge. `admit`
parses, drops duplicates, finds the ticket and calls the story, in one transaction. Whatever goes
wrong after `store` loses nothing: the arrival waits, or lies in quarantine with the reason.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from servicedesk.desk.inboxes import InboxFacts, get_inbox_and_own
from servicedesk.desk.incoming import Stored
from servicedesk.desk.messages import StoredFile
from servicedesk.desk.queueing import ExternalIds
from servicedesk.domain.errors import StorageFull, Unavailable
from servicedesk.domain.ids import ArrivalId
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.domain.storable import storable
from servicedesk.intake import arrivals
from servicedesk.intake.arrivals import LONGEST_REASON, Arrival, ArrivalState, Outcome, Raw
from servicedesk.intake.fresh import Fresh, FreshArrival
from servicedesk.intake.hand_over import Understood, hand_over
from servicedesk.intake.lots import MOST_TOGETHER, lots_of
from servicedesk.intake.reading import read_apart
from servicedesk.intake.together import ReadArrival, Together
from servicedesk.intake.understand import INTAKE, Channels, Parse, stored_files, with_trusted
from servicedesk.kernel import metrics
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.database import Database
from servicedesk.kernel.work import Work

log = structlog.get_logger(__name__)


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
        self._channels = Channels(parsers, external_ids)
        self._fresh = Fresh()
        self._together = Together(database, blobs, self._channels)

    async def store(
        self, inboxes: Sequence[InboxFacts], raw: bytes, envelope: Mapping[str, object]
    ) -> list[ArrivalId]:
        """Make a raw input durable: its file, then its rows. Raises StorageFull, Unavailable."""
        (blob,) = await self._blobs.lay([raw])
        async with self._database.work(INTAKE) as work:
            stored = await arrivals.insert_arrivals(
                work,
                {inbox.id: inbox.channel for inbox in inboxes},
                [Raw(blob, len(raw), envelope, laid=True)],
            )
        await self._blobs.confirm({blob: raw})
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
        waiting = [
            (arrival, mail.raw)
            for arrival, mail in zip(stored, mails, strict=True)
            if arrival.state is ArrivalState.STORED
        ]
        for arrival, content in waiting:
            self._fresh.keep(arrival, content)
        return [arrival.id for arrival, _ in waiting]

    async def admit(self, arrival_id: ArrivalId) -> ArrivalState:
        """Understand a stored arrival and give it to the desk; return what became of it.

        A fault of the input puts it into quarantine; a database or disk that is away leaves it
        waiting for the sweep.
        """
        (state,) = await self.admit_all([arrival_id])
        return state

    async def admit_all(self, arrival_ids: Sequence[ArrivalId]) -> list[ArrivalState]:
        """Admit several in their order; return what became of each. Raises NotFound.

        Those that do not touch one another go together. If that fails, whatever the cause, each is
        admitted by itself.
        """
        states: list[ArrivalState] = []
        for start in range(0, len(arrival_ids), MOST_TOGETHER):
            states += await self._admit_some(arrival_ids[start : start + MOST_TOGETHER])
        return states

    def forget(self) -> None:
        """Forget what was stored a moment ago: as after a restart, rows and files tell all."""
        self._fresh = Fresh()

    async def _admit_some(self, arrival_ids: Sequence[ArrivalId]) -> list[ArrivalState]:
        taken = {one: self._fresh.take(one) for one in arrival_ids}
        fresh = {one: found for one, found in taken.items() if found is not None}
        read, faults = await self._together.read(fresh.values())
        messages = [(one, read[one].inbound if one in read else None) for one in arrival_ids]
        states: dict[ArrivalId, ArrivalState] = {}
        for lot in lots_of(messages, self._together.own):
            states |= await self._admit_together([read[one] for one in lot if one in read])
            for one in lot:
                if one not in states:
                    states[one] = await self._admit_alone(one, fresh.get(one), faults.get(one))
        return [states[one] for one in arrival_ids]

    async def _admit_together(self, lot: Sequence[ReadArrival]) -> dict[ArrivalId, ArrivalState]:
        """Return what became of the lot; nothing if it cannot go together."""
        if not lot:
            return {}
        try:
            states = await self._together.admit(lot)
        except Exception as error:  # noqa: BLE001  # each by itself shows what is wrong
            log.info("lot_taken_apart", arrivals=len(lot), error=type(error).__name__)
            return {}
        for one in lot:
            metrics.note_arrival(one.arrival.channel, states[one.arrival.id])
        return states

    async def _admit_alone(
        self, arrival_id: ArrivalId, fresh: FreshArrival | None, fault: Exception | None
    ) -> ArrivalState:
        """`fault`: why it cannot be understood, if that is known already."""
        arrival = fresh.arrival if fresh else await self._load(arrival_id)
        if arrival.state is not ArrivalState.STORED:
            return arrival.state
        try:
            if fault is not None:
                raise fault
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

    async def admit_shared(self, arrival_id: ArrivalId) -> None:
        """Admit an arrival that other processes find as well, unless one of them has it."""
        if not await arrivals.begin(self._database, arrival_id):
            self._fresh.take(arrival_id)
        elif await self.admit(arrival_id) is ArrivalState.STORED:
            await arrivals.let_go(self._database, arrival_id)

    async def _load(self, arrival_id: ArrivalId) -> Arrival:
        return await arrivals.get_arrival(self._database.sql, arrival_id)

    async def _admit(self, arrival: Arrival, raw: bytes) -> ArrivalState:
        inbox, own = await get_inbox_and_own(self._database.sql, arrival.inbox_id)
        self._together.remember(inbox)
        inbound = await self._understand(raw, with_trusted(arrival, inbox))
        stored = Stored(arrival.blob, await self._store_files(inbound))
        async with self._database.work(INTAKE) as work:
            understood = Understood(arrival, inbox, inbound, stored, own)
            return await hand_over(work, understood, self._channels.external_ids[arrival.channel])

    async def _understand(self, raw: bytes, arrival: Arrival) -> Inbound:
        parse = self._channels.parsers[arrival.channel]
        return await read_apart(lambda: parse(raw, arrival), len(raw))

    async def _store_files(self, inbound: Inbound) -> list[StoredFile]:
        names = await self._blobs.put_all([file.content for file in inbound.attachments])
        return stored_files(inbound, names, laid=False)

    async def _quarantine(self, arrival: Arrival, error: Exception) -> ArrivalState:
        reason = storable(f"{type(error).__name__}: {error}", LONGEST_REASON)
        async with self._database.work(INTAKE) as work:
            if await arrivals.claim(work.sql, arrival.id):
                quarantined = Outcome(ArrivalState.QUARANTINED, reason=reason)
                await arrivals.finish(work, arrival.id, quarantined)
                arrivals.note_quarantined(work, arrival.id, arrival.inbox_id)
        return ArrivalState.QUARANTINED
