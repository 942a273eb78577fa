"""Which things a journal entry touches: their fresh values go to everybody who may see them.

One table over all kinds. An entry of a kind that is not in it (a newer process wrote it) touches
its ticket, if it names one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from servicedesk.domain.ids import SessionId, TeamId, UserId
from servicedesk.domain.people import Viewer


class Happened(Protocol):
    """What these rules read of a stamped journal entry."""

    @property
    def position(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def ticket_id(self) -> UUID | None: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


class Thing(StrEnum):
    """What a console keeps by id."""

    TICKET = "ticket"
    READ_TICKET = "read_ticket"  # by ticket: new to its reader only
    MESSAGE = "message"
    MESSAGE_GONE = "message_gone"  # by message: it left the entry's ticket
    OFFER = "offer"
    PRESENCE = "presence"  # by user
    QUEUE = "queue"
    QUEUE_OF_TICKET = "queue_of_ticket"  # by ticket: the queue its newest order stands in
    USER = "user"
    TEAM = "team"
    INBOX = "inbox"
    CONTACT = "contact"
    ESCALATION = "escalation"  # for those who were told of it
    ESCALATIONS_OF_TICKET = "escalations_of_ticket"  # by ticket: who sees it anew was told before


OF_TICKET = frozenset({Thing.QUEUE_OF_TICKET, Thing.ESCALATIONS_OF_TICKET})
"""Named by the entry's ticket, not by its payload."""

Named = tuple[Thing, str]
"""A thing and the payload key that holds its id, a list of ids, or null."""

_MESSAGE: tuple[Named, ...] = ((Thing.MESSAGE, "message_id"),)
_OFFER: tuple[Named, ...] = (
    (Thing.OFFER, "offer_id"),
    (Thing.PRESENCE, "user_id"),
    (Thing.QUEUE_OF_TICKET, ""),
)
_ORDER: tuple[Named, ...] = ((Thing.QUEUE, "queue_id"), (Thing.PRESENCE, "owner_id"))
_USER: tuple[Named, ...] = ((Thing.USER, "user_id"), (Thing.PRESENCE, "user_id"))
_TEAM: tuple[Named, ...] = (
    (Thing.TEAM, "team_id"),
    (Thing.USER, "added"),
    (Thing.USER, "removed"),
)

_ESCALATION: tuple[Named, ...] = ((Thing.ESCALATION, "escalation_id"),)

READ = "ticket.read"
RIGHTS = frozenset({"role", "active"})
"""The fields of a user that decide what they see; teams have entries of their own."""

TOUCHED: dict[str, tuple[Named, ...]] = {
    "ticket.opened": ((Thing.QUEUE, "queue_id"),),
    "ticket.status_changed": (),
    "ticket.assigned": (
        (Thing.PRESENCE, "from"),
        (Thing.PRESENCE, "to"),
        (Thing.QUEUE_OF_TICKET, ""),
    ),
    "ticket.moved": (
        (Thing.QUEUE, "from_queue_id"),
        (Thing.QUEUE, "to_queue_id"),
        (Thing.ESCALATIONS_OF_TICKET, ""),
    ),
    "ticket.changed": (),
    READ: (),
    "message.received": _MESSAGE,
    "message.queued": _MESSAGE,
    "message.noted": _MESSAGE,
    "message.sent": _MESSAGE,
    "message.delayed": _MESSAGE,
    "message.failed": _MESSAGE,
    "message.unknown": _MESSAGE,
    "message.bounced": _MESSAGE,
    "message.approved": _MESSAGE,
    "message.moved": ((Thing.MESSAGE, "message_ids"),),
    "message.moved_away": ((Thing.MESSAGE_GONE, "message_ids"),),
    "ticket.merged": (),
    "ticket.absorbed": (),
    "ticket.joined_inbox": (),
    "acknowledgement.withheld": (),
    "inbox.breaker_opened": ((Thing.INBOX, "inbox_id"),),
    "inbox.breaker_closed": ((Thing.INBOX, "inbox_id"),),
    "contact.undeliverable": ((Thing.CONTACT, "contact_id"),),
    "contact.deliverable": ((Thing.CONTACT, "contact_id"),),
    "template.created": (),
    "template.changed": (),
    "template.deleted": (),
    "order.opened": _ORDER,
    "order.returned": _ORDER,
    "order.moved": (
        (Thing.QUEUE, "from_queue_id"),
        (Thing.QUEUE, "to_queue_id"),
        (Thing.PRESENCE, "owner_id"),
    ),
    "order.due_changed": (),
    "order.diverted": ((Thing.QUEUE, "queue_id"), (Thing.QUEUE, "to_queue_id")),
    "order.callback_offered": (),
    "order.marked": ((Thing.QUEUE, "queue_id"),),
    "order.held": _ORDER,
    "order.went_on": _ORDER,
    "order.wrapping_up": _ORDER,
    "order.resumed": _ORDER,
    "order.forced": _ORDER,
    "order.finished": _ORDER,
    "order.cancelled": _ORDER,
    "offer.made": _OFFER,
    "offer.accepted": _OFFER,
    "offer.declined": _OFFER,
    "offer.timed_out": _OFFER,
    "offer.rescinded": _OFFER,
    "presence.changed": ((Thing.PRESENCE, "user_id"),),
    "user.created": _USER,
    "user.changed": _USER,
    "user.deactivated": _USER,
    "user.signed_in": (),
    "user.signed_out": (),
    "session.revoked": (),
    "team.created": _TEAM,
    "team.changed": _TEAM,
    "queue.created": ((Thing.QUEUE, "queue_id"),),
    "queue.changed": ((Thing.QUEUE, "queue_id"),),
    "skill.created": (),
    "skill.removed": (),
    "rules.changed": (),
    "reasons.changed": (),
    "inbox.created": ((Thing.INBOX, "inbox_id"),),
    "inbox.changed": ((Thing.INBOX, "inbox_id"),),
    "contact.created": ((Thing.CONTACT, "contact_id"),),
    "contact.changed": ((Thing.CONTACT, "contact_id"),),
    "arrival.quarantined": (),
    "arrival.suspended": (),
    "arrival.retried": (),
    "arrival.discarded": (),
    "clocks.told": (),
    "clock.started": (),
    "clock.paused": (),
    "clock.resumed": (),
    "clock.retargeted": (),
    "clock.breached": (),
    "clock.met": (),
    "clock.late": (),
    "clock.cancelled": (),
    "clock.escalated": (),
    "clock.parked": (),
    "escalation.told": _ESCALATION,
    "escalation.suppressed": (),
    "escalation.acknowledged": _ESCALATION,
    "escalation.refused": (),
    "policy.created": (),
    "policy.changed": (),
    "policy.ordered": (),
    "policy.archived": (),
    "calendar.created": (),
    "calendar.changed": (),
    "calendar.archived": (),
    "desk.set_up": (),
}


@dataclass(frozen=True, slots=True)
class Lost:
    """Who saw a ticket before the entry and may not see it any more: members of teams, users."""

    ticket_id: UUID
    team_ids: frozenset[TeamId] = frozenset()
    user_ids: frozenset[UserId] = frozenset()


@dataclass(frozen=True, slots=True)
class Touches:
    """What a batch of entries touched, each thing with the last entry that did.

    `gone`: (message, ticket that it left) → the entry that says so.
    """

    things: Mapping[tuple[Thing, UUID], Happened]
    lost: Mapping[UUID, Lost] = field(default_factory=dict)
    readers: Mapping[UUID, frozenset[UserId]] = field(default_factory=dict)
    gone: Mapping[tuple[UUID, UUID], Happened] = field(default_factory=dict)

    def ids(self, thing: Thing) -> list[UUID]:
        return [found for sort, found in self.things if sort is thing]


@dataclass(frozen=True, slots=True)
class Upheaval:
    """Entries that change the rules of sight themselves: whom they concern."""

    user_ids: frozenset[UserId] = frozenset()
    team_ids: frozenset[TeamId] = frozenset()
    ended_sessions: frozenset[SessionId] = frozenset()

    def concerns(self, viewer: Viewer) -> bool:
        """Say whether what this viewer may see has changed as a whole."""
        return viewer.user_id in self.user_ids or not self.team_ids.isdisjoint(viewer.team_ids)


def touches_of(entries: Iterable[Happened]) -> Touches:
    """Gather what the entries touch, oldest entry first."""
    things: dict[tuple[Thing, UUID], Happened] = {}
    lost: dict[UUID, Lost] = {}
    readers: dict[UUID, frozenset[UserId]] = {}
    gone: dict[tuple[UUID, UUID], Happened] = {}
    for entry in entries:
        for thing, found in _touched(entry):
            if thing is not Thing.MESSAGE_GONE:
                things[thing, found] = entry
            elif entry.ticket_id is not None:
                gone[found, entry.ticket_id] = entry
        if entry.ticket_id is None:
            continue
        _note_lost(lost, entry.ticket_id, entry)
        if entry.kind == READ:
            known = readers.get(entry.ticket_id, frozenset())
            readers[entry.ticket_id] = known | frozenset(map(UserId, _ids(entry, "user_id")))
    return Touches(things, lost, readers, gone)


def upheaval_of(entries: Iterable[Happened]) -> Upheaval:
    """Gather what the entries change of users' roles, teams and sessions."""
    users: set[UserId] = set()
    teams: set[TeamId] = set()
    sessions: set[SessionId] = set()
    for entry in entries:
        match entry.kind:
            case "user.changed" if RIGHTS.isdisjoint(entry.payload.get("fields", RIGHTS)):
                continue
            case "user.changed" | "user.deactivated":
                users.update(map(UserId, _ids(entry, "user_id")))
            case "team.changed":
                moved = [*_ids(entry, "added"), *_ids(entry, "removed")]
                users.update(map(UserId, moved))
                teams.update(map(TeamId, _ids(entry, "team_id") if moved else ()))
            case "session.revoked" | "user.signed_out":
                sessions.update(map(SessionId, _ids(entry, "session_id")))
    return Upheaval(frozenset(users), frozenset(teams), frozenset(sessions))


def _touched(entry: Happened) -> Iterator[tuple[Thing, UUID]]:
    if entry.ticket_id is not None:
        yield (Thing.READ_TICKET if entry.kind == READ else Thing.TICKET), entry.ticket_id
    for thing, key in TOUCHED.get(entry.kind, ()):
        if thing not in OF_TICKET:
            for found in _ids(entry, key):
                yield thing, found
        elif entry.ticket_id is not None:
            yield thing, entry.ticket_id


def _note_lost(lost: dict[UUID, Lost], ticket_id: UUID, entry: Happened) -> None:
    teams: frozenset[TeamId] = frozenset()
    users: frozenset[UserId] = frozenset()
    match entry.kind:
        case "ticket.moved":
            teams = frozenset(map(TeamId, _ids(entry, "from_team_id")))
        case "ticket.assigned":
            users = frozenset(map(UserId, _ids(entry, "from")))
        case "offer.declined" | "offer.timed_out" | "offer.rescinded" | "offer.accepted":
            users = frozenset(map(UserId, _ids(entry, "user_id")))
    if teams or users:
        before = lost.get(ticket_id, Lost(ticket_id))
        lost[ticket_id] = Lost(ticket_id, before.team_ids | teams, before.user_ids | users)


def _ids(entry: Happened, key: str) -> list[UUID]:
    """Return the ids under the key: of one, of a list, or none."""
    found = entry.payload.get(key)
    if found is None:
        return []
    return [UUID(str(one)) for one in (found if isinstance(found, list) else [found])]
