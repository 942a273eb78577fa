"""Turns journal entries into frames: loads each touched thing once, for all who listen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel

from servicedesk.desk.shapes import Message, OfferCard, TicketValues
from servicedesk.desk.views_contacts import load_contact_sights, load_contacts
from servicedesk.desk.views_escalations import load_told
from servicedesk.desk.views_inboxes import load_inboxes
from servicedesk.desk.views_messages import load_messages
from servicedesk.desk.views_offers import load_offers, open_offers_of_tickets, without_words
from servicedesk.desk.views_summaries import load_read_seqs
from servicedesk.desk.views_ticket_page import load_values, values_for
from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Sql
from servicedesk.people.views import load_teams, load_users
from servicedesk.realtime.protocol.audience import (
    Audience,
    Colleagues,
    Everyone,
    KnowsContact,
    LostTicket,
    OneUser,
    Readers,
    SeesTicket,
    TicketSight,
    sees,
)
from servicedesk.realtime.protocol.frames import (
    Frame,
    FrameKind,
    Heading,
    Presentable,
    Variation,
    VariedFrame,
    encode,
    encode_message_removed,
    encode_removed,
)
from servicedesk.realtime.protocol.touched import Happened, Thing, Touches, touches_of
from servicedesk.realtime.views import load_sights
from servicedesk.routing.shapes import Queue
from servicedesk.routing.views import as_seen_by, load_presences, load_queues, sees_figures


async def load_frames(
    sql: Sql, entries: Sequence[Happened], user_ids: Iterable[UUID]
) -> list[Presentable]:
    """Return the frames of the entries, by position, for listeners among these users.

    Values are as fresh as the database: newer than their position if more has happened since.
    """
    touches = touches_of(entries)
    tickets = await _load_tickets(sql, touches, user_ids)
    frames: list[Presentable] = [
        *_ticket_frames(touches, tickets),
        *_removed_frames(touches, tickets),
        *_message_removed_frames(touches, tickets),
        *await _message_frames(sql, touches, tickets),
        *await _offer_frames(sql, touches, tickets),
        *await _presence_frames(sql, touches),
        *await _queue_frames(sql, touches, tickets),
        *await _open_frames(sql, touches),
        *await _contact_frames(sql, touches),
        *await _escalation_frames(sql, touches, tickets),
    ]
    return sorted(frames, key=lambda frame: frame.position)


@dataclass(frozen=True, slots=True)
class _Tickets:
    """The touched tickets, and whatever decides who reads what of them."""

    values: dict[UUID, TicketValues]
    sights: dict[UUID, TicketSight]
    read_seqs: dict[tuple[UUID, UUID], int]

    def is_unread(self, ticket: TicketValues, viewer: Viewer) -> bool:
        return ticket.message_count > self.read_seqs.get((ticket.id, viewer.user_id), 0)


async def _load_tickets(sql: Sql, touches: Touches, user_ids: Iterable[UUID]) -> _Tickets:
    wanted = {*touches.ids(Thing.TICKET), *touches.ids(Thing.READ_TICKET)}
    if not wanted:
        return _Tickets({}, {}, {})
    values = await load_values(sql, wanted)
    sights = await load_sights(sql, wanted)
    return _Tickets(values, sights, await load_read_seqs(sql, wanted, user_ids))


def _ticket_frames(touches: Touches, tickets: _Tickets) -> list[VariedFrame]:
    """A ticket that was only read is told to its readers, for whom alone it has changed."""
    frames = []
    for thing in (Thing.TICKET, Thing.READ_TICKET):
        for ticket_id in touches.ids(thing):
            if ticket_id not in tickets.sights or ticket_id not in tickets.values:
                continue
            sight = tickets.sights[ticket_id]
            only_read = thing is Thing.READ_TICKET
            audience = (
                Readers(sight, touches.readers[ticket_id]) if only_read else SeesTicket(sight)
            )
            heading = _heading(touches, thing, ticket_id, FrameKind.TICKET)
            vary = _varied_ticket(tickets, tickets.values[ticket_id])
            frames.append(VariedFrame(heading, audience, vary))
    return frames


def _varied_ticket(
    tickets: _Tickets, ticket: TicketValues
) -> Callable[[Viewer], tuple[Variation, BaseModel]]:
    def vary(viewer: Viewer) -> tuple[Variation, BaseModel]:
        value = values_for(viewer, ticket, unread=tickets.is_unread(ticket, viewer))
        may = value.may
        return (value.unread, may.reply, may.note, may.change, may.take), value

    return vary


def _removed_frames(touches: Touches, tickets: _Tickets) -> list[Frame]:
    frames = []
    for ticket_id, lost in touches.lost.items():
        heading = _heading(touches, Thing.TICKET, ticket_id, FrameKind.TICKET_REMOVED)
        sight = tickets.sights.get(ticket_id)
        audience = LostTicket(sight, lost.team_ids, lost.user_ids)
        frames.append(Frame(heading, audience, encode_removed(heading, ticket_id)))
    return frames


def _message_removed_frames(touches: Touches, tickets: _Tickets) -> list[Frame]:
    """A message that went to another ticket is gone for all who see the one it was on."""
    frames = []
    for (message_id, ticket_id), entry in touches.gone.items():
        if ticket_id in tickets.sights:
            heading = Heading(entry.position, entry.at, FrameKind.MESSAGE_REMOVED)
            text = encode_message_removed(heading, ticket_id, message_id)
            frames.append(Frame(heading, SeesTicket(tickets.sights[ticket_id]), text))
    return frames


async def _message_frames(sql: Sql, touches: Touches, tickets: _Tickets) -> list[Frame]:
    messages: dict[UUID, Message] = await load_messages(sql, touches.ids(Thing.MESSAGE))
    return [
        _frame(
            _heading(touches, Thing.MESSAGE, message.id, FrameKind.MESSAGE),
            SeesTicket(tickets.sights[message.ticket_id]),
            message,
        )
        for message in messages.values()
        if message.ticket_id in tickets.sights
    ]


async def _offer_frames(sql: Sql, touches: Touches, tickets: _Tickets) -> list[VariedFrame]:
    """Offers show their ticket, so an open one is told anew when its ticket is touched."""
    offers = await load_offers(sql, touches.ids(Thing.OFFER))
    if changed := touches.ids(Thing.TICKET):
        offers |= await open_offers_of_tickets(sql, changed)
    frames = []
    for offer in offers.values():
        touched = (
            (Thing.OFFER, offer.id)
            if (Thing.OFFER, offer.id) in touches.things
            else (Thing.TICKET, offer.ticket_id)
        )
        heading = _heading(touches, *touched, FrameKind.OFFER)
        sight = tickets.sights.get(offer.ticket_id)
        audience = OneUser(UserId(offer.user_id))
        frames.append(VariedFrame(heading, audience, _varied_offer(offer, sight)))
    return frames


def _varied_offer(
    offer: OfferCard, sight: TicketSight | None
) -> Callable[[Viewer], tuple[Variation, BaseModel]]:
    def vary(viewer: Viewer) -> tuple[Variation, BaseModel]:
        known = sight is not None and sees(viewer, sight)
        return (known,), offer if known else without_words(offer)

    return vary


async def _presence_frames(sql: Sql, touches: Touches) -> list[Frame]:
    user_ids = touches.ids(Thing.PRESENCE)
    if not user_ids:
        return []
    teams = {user.id: user.team_ids for user in await load_users(sql, user_ids)}
    frames = []
    for presence in await load_presences(sql, user_ids):
        team_ids = frozenset(map(TeamId, teams.get(presence.user_id, ())))
        heading = _heading(touches, Thing.PRESENCE, presence.user_id, FrameKind.PRESENCE)
        audience = Colleagues(UserId(presence.user_id), team_ids)
        frames.append(_frame(heading, audience, presence))
    return frames


async def _queue_frames(sql: Sql, touches: Touches, tickets: _Tickets) -> list[VariedFrame]:
    places = {queue_id: (Thing.QUEUE, queue_id) for queue_id in touches.ids(Thing.QUEUE)}
    for ticket_id in touches.ids(Thing.QUEUE_OF_TICKET):
        ticket = tickets.values.get(ticket_id)
        if ticket is not None:
            queue_id = ticket.order.queue_id if ticket.order else ticket.queue_id
            touched = (Thing.QUEUE_OF_TICKET, ticket_id)
            places[queue_id] = max(
                places.get(queue_id, touched), touched, key=lambda it: touches.things[it].position
            )
    if not places:
        return []
    queues = await load_queues(sql, places)
    return [
        VariedFrame(
            _heading(touches, *places[queue.id], FrameKind.QUEUE), Everyone(), _varied_queue(queue)
        )
        for queue in queues
    ]


def _varied_queue(queue: Queue) -> Callable[[Viewer], tuple[Variation, BaseModel]]:
    def vary(viewer: Viewer) -> tuple[Variation, BaseModel]:
        return (sees_figures(viewer, queue),), as_seen_by(viewer, queue)

    return vary


async def _open_frames(sql: Sql, touches: Touches) -> list[Frame]:
    """What everybody who is signed in may know: users, teams, inboxes."""
    frames: list[Frame] = []
    for thing, kind, load in (
        (Thing.USER, FrameKind.USER, load_users),
        (Thing.TEAM, FrameKind.TEAM, load_teams),
        (Thing.INBOX, FrameKind.INBOX, load_inboxes),
    ):
        wanted = touches.ids(thing)
        values = await load(sql, wanted) if wanted else []
        frames += [
            _frame(_heading(touches, thing, value.id, kind), Everyone(), value) for value in values
        ]
    return frames


async def _contact_frames(sql: Sql, touches: Touches) -> list[Frame]:
    wanted = touches.ids(Thing.CONTACT)
    contacts = await load_contacts(sql, wanted)
    sights = await load_contact_sights(sql, wanted)
    return [
        _frame(
            _heading(touches, Thing.CONTACT, contact_id, FrameKind.CONTACT),
            KnowsContact(sights[contact_id].team_ids, sights[contact_id].user_ids),
            contact,
        )
        for contact_id, contact in contacts.items()
    ]


async def _escalation_frames(sql: Sql, touches: Touches, tickets: _Tickets) -> list[Frame]:
    """Each of those who were told hears of it, as long as they see the ticket."""
    named = touches.ids(Thing.ESCALATION)
    moved = touches.ids(Thing.ESCALATIONS_OF_TICKET)
    frames = []
    for user_id, notice in await load_told(sql, named, moved):
        sight = tickets.sights.get(notice.ticket_id)
        if sight is None:
            continue
        of_itself = (Thing.ESCALATION, notice.escalation_id)
        of_ticket = (Thing.ESCALATIONS_OF_TICKET, notice.ticket_id)
        touched = of_itself if of_itself in touches.things else of_ticket
        heading = _heading(touches, *touched, FrameKind.ESCALATION)
        frames.append(_frame(heading, Readers(sight, frozenset({user_id})), notice))
    return frames


def _heading(touches: Touches, thing: Thing, found: UUID, kind: FrameKind) -> Heading:
    entry = touches.things[(thing, found)]
    return Heading(entry.position, entry.at, kind)


def _frame(heading: Heading, audience: Audience, value: BaseModel) -> Frame:
    return Frame(heading, audience, encode(heading, value))
