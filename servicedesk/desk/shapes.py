"""What the API answers and the socket sends about tickets: one model for each thing.

Frames and answers use the very same models, so a console never merges two forms of one thing.
Times are aware UTC; larger priorities are more urgent; `seq` is a message's place on its ticket.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from servicedesk.domain.actors import ActorKind
from servicedesk.domain.messages import (
    ChannelKind,
    DeliveryState,
    MailClass,
    MessageKind,
    RecipientKind,
    ScanState,
)
from servicedesk.domain.orders import Attention, OfferState, OrderState, Stuck
from servicedesk.domain.tickets import ParticipantRole, Priority, TicketStatus
from servicedesk.people.shapes import Shape
from servicedesk.sla.shapes import ClockBadge


class ContactReference(Shape):
    """The contact as other things show it. `address` is the first identity they had, or ""."""

    id: UUID
    name: str
    address: str


class OrderSummary(Shape):
    """The ticket's newest work order. `virtual_start` is its place in line. `stuck`: why nobody is
    asked to take it, null while somebody may be. `attention`: why somebody is to look while it
    lives, although the contact may wait for nothing."""

    id: UUID
    state: OrderState
    queue_id: UUID
    owner_id: UUID | None
    priority: Priority
    virtual_start: datetime
    attempts: int
    stuck: Stuck | None
    attention: Attention | None


class TicketSummary(Shape):
    """A ticket as lists show it. All but `unread`, which is the viewer's own, is one for all.

    `clocks`: its live promises, the most pressing first.
    """

    id: UUID
    number: int
    subject: str
    status: TicketStatus
    priority: Priority
    channel: ChannelKind
    inbox_id: UUID
    queue_id: UUID
    team_id: UUID
    assignee_id: UUID | None
    contact: ContactReference | None
    last_words: str
    last_message_at: datetime | None
    last_message_from: Literal["contact", "agent", "system"]
    message_count: int
    waiting_since: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    order: OrderSummary | None
    clocks: list[ClockBadge]
    unread: bool


class Author(Shape):
    """Who wrote. `name` is the present one of the contact or user; "" for the system."""

    kind: ActorKind
    id: UUID | None
    name: str


class Recipient(Shape):
    """`delivery_state` is set once a notice said what became of the message there; queued: a server
    on the way goes on trying."""

    kind: RecipientKind
    name: str
    address: str
    delivery_state: DeliveryState | None
    delivery_error: str | None


class Upload(Shape):
    """A file that was uploaded and waits to be sent with a message."""

    id: UUID
    filename: str
    content_type: str
    size_bytes: int


class Attachment(Upload):
    inline: bool
    scan_state: ScanState


class Delivery(Shape):
    """Where an outbound message is. `at` is when `state` became so."""

    state: DeliveryState
    error: str | None
    attempts: int
    at: datetime | None


class Message(Shape):
    """One entry of the timeline. `text` was written this time, `quoted_text` is the rest.

    `text_cut`: both are only beginnings, GET /api/messages/{id} has them whole. `mail_class`: what
    wrote a message that came in. `marks`: what is special about it (automatic, defects, …).
    """

    id: UUID
    ticket_id: UUID
    seq: int
    kind: MessageKind
    channel: ChannelKind
    author: Author
    from_address: str | None
    recipients: list[Recipient]
    subject: str | None
    text: str
    quoted_text: str
    text_cut: bool
    has_html: bool
    attachments: list[Attachment]
    delivery: Delivery | None
    created_at: datetime
    unverified: bool
    why_here: dict[str, Any] | None
    language: str | None
    mail_class: MailClass | None
    marks: dict[str, Any] | None


class LatestMessages(Shape):
    """Ascending by seq. `earlier` leads to the messages before these."""

    items: list[Message]
    earlier: str | None


class Participant(Shape):
    """A contact (requester, cc) or a user (follower) who takes part.

    `undeliverable`: what is sent to the address comes back.
    """

    role: ParticipantRole
    contact_id: UUID | None
    user_id: UUID | None
    name: str
    address: str
    undeliverable: bool


class Permissions(Shape):
    """What this viewer may do on this ticket now."""

    reply: bool
    note: bool
    change: bool
    take: bool


class TicketValues(TicketSummary):
    """A ticket with all but its messages, as a frame carries it. `may` is the viewer's own.

    `merged_into_id`: the ticket that this one went into.
    """

    merged_into_id: UUID | None
    participants: list[Participant]
    allowed_statuses: list[TicketStatus]
    may: Permissions


class TicketDetail(TicketValues):
    """`position`: frames after it are newer than this."""

    position: int


class TicketPage(TicketDetail):
    """All that the ticket page shows at first: the newest messages, ascending."""

    messages: LatestMessages


class Activity(Shape):
    """A journal entry as the ticket's timeline shows it."""

    position: int
    at: datetime
    actor: Author
    kind: str
    payload: dict[str, Any]
    trace: dict[str, Any] | None


class WhyCode(Shape):
    """One reason of a routing decision. The console's catalogues hold the words by code."""

    code: str
    params: dict[str, Any]


class OfferCard(Shape):
    """A work order held out to one agent. `waited_seconds` counts until the offer was made."""

    id: UUID
    ticket_id: UUID
    order_id: UUID
    user_id: UUID
    state: OfferState
    created_at: datetime
    deadline: datetime
    channel: ChannelKind
    queue_id: UUID
    ticket_number: int
    subject: str
    contact: ContactReference | None
    first_words: str
    priority: Priority
    waited_seconds: float
    why: list[WhyCode]


class TakenOffer(Shape):
    ticket_id: UUID
    offer: OfferCard


class Identity(Shape):
    """`undeliverable_at`: since when messages to it come back for good, and why. `soft_bounces`
    counts those that came back for now."""

    kind: str
    value: str
    undeliverable_at: datetime | None
    undeliverable_reason: str | None
    soft_bounces: int


class OrganizationReference(Shape):
    id: UUID
    name: str
    tier: str | None


class ContactSummary(ContactReference):
    """A contact without their tickets: what a frame carries.

    `undeliverable`: messages to one of their addresses come back for good. `agent_id`: who looks
    after them.
    """

    undeliverable: bool
    organization: OrganizationReference | None
    identities: list[Identity]
    locale: str | None
    time_zone: str | None
    agent_id: UUID | None
    created_at: datetime


class ContactPage(ContactSummary):
    """`tickets` are the newest that the viewer may see, `ticket_count` counts all of these."""

    tickets: list[TicketSummary]
    ticket_count: int


class Brake(Shape):
    """Automatic mail of an inbox is held until then: it wrote `count` in a short time."""

    opened_at: datetime
    open_until: datetime
    reason: str
    count: int


class InboxShape(Shape):
    id: UUID
    channel: ChannelKind
    name: str
    address: str
    queue_id: UUID
    brand_id: UUID
    active: bool
    version: int
    brake: Brake | None


class QuarantineRow(Shape):
    """An arrival that could not become a message. The hints are what its raw form lets guess.

    `reason`: in words for what is quarantined, the mail class of what is suspended. `ticket_id`
    once it was let in.
    """

    id: UUID
    inbox_id: UUID
    channel: ChannelKind
    received_at: datetime
    state: Literal["stored", "accepted", "duplicate", "suspended", "quarantined", "discarded"]
    reason: str | None
    attempts: int
    from_hint: str
    subject_hint: str
    size_bytes: int
    ticket_id: UUID | None


def fields_of(shape: Shape) -> dict[str, Any]:
    """Return the fields as they are, to build a larger shape from."""
    return {name: getattr(shape, name) for name in type(shape).model_fields}
