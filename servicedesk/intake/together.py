"""The quick way in, for what this process stored a moment ago: one reading, one writing.

What a lot of messages has to know is read in one statement, before the transaction; the transaction
is one statement too, and its entries get their positions a moment later. Whatever goes wrong here
goes wrong for the whole lot and leaves nothing behind: each is then admitted by itself, the careful
way, which tells whose fault it was. PostgreSQL only: SQLite has no round trips to save.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from servicedesk.desk.inbox_rules import rules_of
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.incoming import Stored
from servicedesk.desk.messages import StoredFile
from servicedesk.domain.ids import ArrivalId, InboxId
from servicedesk.domain.messages import Inbound
from servicedesk.intake.arrivals import Arrival, ArrivalState
from servicedesk.intake.fresh import FreshArrival
from servicedesk.intake.hand_over import Understood, hand_over
from servicedesk.intake.reading import read_apart
from servicedesk.intake.understand import INTAKE, Channels, stored_files, with_trusted
from servicedesk.intake.views_foreseen import Foreseen, foresee
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.database import Database


class NotForeseen(Exception):
    """What was read says that the careful way is needed."""


@dataclass(frozen=True, slots=True)
class ReadArrival:
    """A fresh arrival with what its channel made of it, believing what `inbox` believed."""

    arrival: Arrival
    inbound: Inbound
    inbox: InboxFacts


class Together:
    """Lets lots of fresh messages in. It remembers inboxes, to understand mail before it asks."""

    def __init__(self, database: Database, blobs: Blobs, channels: Channels) -> None:
        self._database = database
        self._blobs = blobs
        self._channels = channels
        self._inboxes: dict[InboxId, InboxFacts] = {}

    def remember(self, inbox: InboxFacts) -> None:
        self._inboxes[inbox.id] = inbox

    @property
    def own(self) -> set[str]:
        """Addresses of ours, as far as they are remembered."""
        return {inbox.address for inbox in self._inboxes.values()}

    async def read(
        self, fresh: Iterable[FreshArrival]
    ) -> tuple[dict[ArrivalId, ReadArrival], dict[ArrivalId, Exception]]:
        """Return those of the arrivals that may go this way, and what is wrong with others."""
        read: dict[ArrivalId, ReadArrival] = {}
        faults: dict[ArrivalId, Exception] = {}
        for one in () if self._database.on_sqlite else fresh:
            arrival, inbox = one.arrival, self._inboxes.get(one.arrival.inbox_id)
            if inbox is None:
                continue
            try:
                read[arrival.id] = ReadArrival(arrival, await self._understand(one, inbox), inbox)
            except Exception as error:  # noqa: BLE001  # the careful way tells of it
                faults[arrival.id] = error
        return read, faults

    async def _understand(self, fresh: FreshArrival, inbox: InboxFacts) -> Inbound:
        parse = self._channels.parsers[fresh.arrival.channel]
        arrival = with_trusted(fresh.arrival, inbox)
        return await read_apart(lambda: parse(fresh.raw, arrival), len(fresh.raw))

    async def admit(self, lot: Sequence[ReadArrival]) -> dict[ArrivalId, ArrivalState]:
        """Let all of a lot in, or raise and leave nothing behind."""
        inbox_id = lot[0].arrival.inbox_id
        found = await foresee(self._database.sql, inbox_id, [one.inbound for one in lot])
        if found is None:
            raise NotForeseen
        self.remember(found[0].inbox)
        if not all(_holds(one, seen) for one, seen in zip(lot, found, strict=True)):
            raise NotForeseen
        contents, files = await self._lay_files(lot)
        states: dict[ArrivalId, ArrivalState] = {}
        async with self._database.work(INTAKE, awaited=False) as work:
            for one, seen, kept in zip(lot, found, files, strict=True):
                stored = Stored(one.arrival.blob, kept)
                understood = Understood(
                    one.arrival, seen.inbox, one.inbound, stored, seen.own, seen
                )
                ids = self._channels.external_ids[one.arrival.channel]
                states[one.arrival.id] = await hand_over(work, understood, ids)
        await self._blobs.confirm(contents)
        return states

    async def _lay_files(
        self, lot: Sequence[ReadArrival]
    ) -> tuple[Mapping[str, bytes], list[list[StoredFile]]]:
        """Write the files of all; return their contents by name, and each message's files."""
        contents = [file.content for one in lot for file in one.inbound.attachments]
        names = await self._blobs.lay(contents)
        left = iter(names)
        files = [
            stored_files(one.inbound, list(islice(left, len(one.inbound.attachments))), laid=True)
            for one in lot
        ]
        return dict(zip(names, contents, strict=True)), files


def _holds(one: ReadArrival, seen: Foreseen) -> bool:
    """Was the message understood as the inbox wants it now, and is it new?"""
    believed = rules_of(one.inbox).trusted_hosts
    return not seen.known and (
        one.inbox is seen.inbox or believed == rules_of(seen.inbox).trusted_hosts
    )
