"""Realtime's pure rules: what an entry touches, who hears of it, what a client may say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.people.shapes import Team
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
    hears,
)
from servicedesk.realtime.protocol.client import (
    MOST_CHARACTERS,
    Ephemeral,
    MindKind,
    Pong,
    PresenceOfMind,
    Unreadable,
    parse_client_message,
    parse_ephemeral,
)
from servicedesk.realtime.protocol.frames import FrameKind, Heading, encode, encode_removed
from servicedesk.realtime.protocol.touched import TOUCHED, Thing, touches_of, upheaval_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TICKET, A, B, C = (UUID(int=number) for number in (1, 2, 3, 4))
NORTH, SOUTH = TeamId(UUID(int=10)), TeamId(UUID(int=11))
ANA, BEN, ADA, SAM, OLGA = (UserId(UUID(int=number)) for number in range(20, 25))
VIEWERS = {
    "ana": Viewer(ANA, Role.AGENT, frozenset({NORTH})),
    "ben": Viewer(BEN, Role.AGENT, frozenset({SOUTH})),
    "ada": Viewer(ADA, Role.ADMINISTRATOR, frozenset()),
    "sam": Viewer(SAM, Role.SUPERVISOR, frozenset({SOUTH})),
    "olga": Viewer(OLGA, Role.OBSERVER, frozenset({NORTH})),
}


@dataclass(frozen=True, slots=True)
class Entry:
    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    ticket_id: UUID | None = TICKET
    position: int = 1
    at: datetime = NOON


QUEUES = {"queue_id": str(A)}
OWNED = {**QUEUES, "owner_id": str(B)}
OFFER = {"offer_id": str(A), "user_id": str(B)}
OF_TICKET = (Thing.QUEUE_OF_TICKET, TICKET)
TOUCHES = [
    ("ticket.opened", QUEUES, {(Thing.QUEUE, A)}),
    ("ticket.status_changed", {}, set()),
    (
        "ticket.assigned",
        {"from": str(A), "to": str(B)},
        {(Thing.PRESENCE, A), (Thing.PRESENCE, B), OF_TICKET},
    ),
    ("ticket.assigned", {"from": None, "to": str(B)}, {(Thing.PRESENCE, B), OF_TICKET}),
    (
        "ticket.moved",
        {"from_queue_id": str(A), "to_queue_id": str(B)},
        {(Thing.QUEUE, A), (Thing.QUEUE, B), (Thing.ESCALATIONS_OF_TICKET, TICKET)},
    ),
    *((f"message.{kind}", {"message_id": str(A)}, {(Thing.MESSAGE, A)})
      for kind in ("received", "queued", "noted", "sent", "delayed", "failed", "unknown",
                   "bounced")),
    *((f"order.{kind}", OWNED, {(Thing.QUEUE, A), (Thing.PRESENCE, B)})
      for kind in ("opened", "returned", "finished", "cancelled")),
    (
        "order.moved",
        {"from_queue_id": str(A), "to_queue_id": str(B), "owner_id": str(C)},
        {(Thing.QUEUE, A), (Thing.QUEUE, B), (Thing.PRESENCE, C)},
    ),
    *((f"offer.{kind}", OFFER, {(Thing.OFFER, A), (Thing.PRESENCE, B), OF_TICKET})
      for kind in ("made", "accepted", "declined", "timed_out", "rescinded")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "payload", "expected"), TOUCHES)
def test_an_entry_of_a_ticket_touches_it_and_what_it_names(
    kind: str, payload: dict[str, Any], expected: set[tuple[Thing, UUID]]
) -> None:
    touched = touches_of([Entry(kind, payload)])
    assert set(touched.things) == {(Thing.TICKET, TICKET), *expected}


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("presence.changed", {"user_id": str(A)}, {(Thing.PRESENCE, A)}),
        ("user.created", {"user_id": str(A)}, {(Thing.USER, A), (Thing.PRESENCE, A)}),
        (
            "team.changed",
            {"team_id": str(A), "added": [str(B)], "removed": [str(C)]},
            {(Thing.TEAM, A), (Thing.USER, B), (Thing.USER, C)},
        ),
        ("queue.changed", QUEUES, {(Thing.QUEUE, A)}),
        ("inbox.created", {"inbox_id": str(A)}, {(Thing.INBOX, A)}),
        ("contact.changed", {"contact_id": str(A)}, {(Thing.CONTACT, A)}),
        ("user.signed_in", {"user_id": str(A), "session_id": str(B)}, set()),
        ("of.a_newer_process", {"queue_id": str(A)}, set()),
    ],
)
def test_other_entries_touch_what_they_name(
    kind: str, payload: dict[str, Any], expected: set[tuple[Thing, UUID]]
) -> None:
    assert set(touches_of([Entry(kind, payload, ticket_id=None)]).things) == expected


def test_a_ticket_entry_of_an_unknown_kind_touches_its_ticket() -> None:
    assert set(touches_of([Entry("ticket.merged")]).things) == {(Thing.TICKET, TICKET)}


def test_a_thing_stands_at_the_last_entry_that_touched_it() -> None:
    entries = [Entry("ticket.changed", position=position) for position in (4, 7, 9)]
    assert touches_of(entries).things[(Thing.TICKET, TICKET)].position == 9


def test_reading_touches_the_ticket_for_its_readers_only() -> None:
    touched = touches_of([Entry("ticket.read", {"user_id": str(user)}) for user in (ANA, BEN)])
    assert set(touched.things) == {(Thing.READ_TICKET, TICKET)}
    assert touched.readers == {TICKET: frozenset({ANA, BEN})}


def test_whoever_may_have_lost_the_ticket_is_gathered_over_the_batch() -> None:
    touched = touches_of(
        [
            Entry("ticket.moved", {"from_team_id": str(NORTH)}),
            Entry("ticket.assigned", {"from": str(ANA), "to": None}),
            Entry("offer.declined", {"offer_id": str(A), "user_id": str(BEN)}),
        ]
    )
    lost = touched.lost[TICKET]
    assert lost.team_ids == {NORTH}
    assert lost.user_ids == {ANA, BEN}


def test_every_kind_of_offer_end_may_cost_its_agent_the_sight() -> None:
    for kind in (kind for kind in TOUCHED if kind.startswith("offer.") and kind != "offer.made"):
        lost = touches_of([Entry(kind, {"offer_id": str(A), "user_id": str(BEN)})]).lost
        assert lost[TICKET].user_ids == {BEN}, kind


@pytest.mark.parametrize(
    ("kind", "payload", "concerned"),
    [
        ("user.changed", {"user_id": str(BEN), "fields": ["name"]}, set()),
        ("user.changed", {"user_id": str(BEN), "fields": ["name", "role"]}, {"ben"}),
        ("user.changed", {"user_id": str(BEN)}, {"ben"}),
        ("user.deactivated", {"user_id": str(BEN)}, {"ben"}),
        (
            "team.changed",
            {"team_id": str(NORTH), "added": [str(BEN)], "removed": []},
            {"ana", "ben", "olga"},
        ),
        ("team.changed", {"team_id": str(NORTH), "added": [], "removed": []}, set()),
        ("ticket.moved", {"from_team_id": str(NORTH)}, set()),
    ],
)
def test_a_change_of_rights_concerns_exactly_those_whose_sight_it_changes(
    kind: str, payload: dict[str, Any], concerned: set[str]
) -> None:
    upheaval = upheaval_of([Entry(kind, payload, ticket_id=None)])
    assert {name for name, viewer in VIEWERS.items() if upheaval.concerns(viewer)} == concerned


IN_NORTH = TicketSight(NORTH, frozenset())
IN_NORTH_AND_BENS = TicketSight(NORTH, frozenset({BEN}))


@pytest.mark.parametrize(
    ("audience", "heard_by"),
    [
        (Everyone(), set(VIEWERS)),
        (OneUser(BEN), {"ben"}),
        (SeesTicket(IN_NORTH), {"ana", "ada", "olga"}),
        (SeesTicket(IN_NORTH_AND_BENS), {"ana", "ben", "ada", "olga"}),
        (Readers(IN_NORTH, frozenset({ANA, BEN})), {"ana"}),
        (LostTicket(IN_NORTH, frozenset({SOUTH}), frozenset()), {"ben", "sam"}),
        (LostTicket(IN_NORTH, frozenset({NORTH}), frozenset({ANA})), set()),
        (LostTicket(IN_NORTH_AND_BENS, frozenset({SOUTH}), frozenset({BEN})), {"sam"}),
        (LostTicket(None, frozenset({NORTH}), frozenset({BEN})), {"ana", "ben", "olga"}),
        (KnowsContact(frozenset({NORTH}), frozenset({BEN})), {"ana", "ben", "ada", "olga"}),
        (KnowsContact(frozenset(), frozenset()), {"ada"}),
        (Colleagues(ANA, frozenset({NORTH})), {"ana", "ada", "sam", "olga"}),
        (Colleagues(BEN, frozenset()), {"ben", "ada", "sam"}),
    ],
)
def test_an_audience_is_heard_by_exactly_its_own(audience: Audience, heard_by: set[str]) -> None:
    assert {name for name, viewer in VIEWERS.items() if hears(viewer, audience)} == heard_by


def test_a_frame_says_where_it_stands_and_carries_the_value_as_the_api_does() -> None:
    team = Team(id=A, name="Nörth", member_ids=[B], version=3)
    frame = json.loads(encode(Heading(7, NOON, FrameKind.TEAM), team))
    assert frame == {
        "type": "frame",
        "position": 7,
        "at": "2026-11-22T12:00:00+00:00",
        "kind": "team",
        "data": json.loads(team.model_dump_json()),
    }


def test_a_removed_ticket_is_named_by_its_id_alone() -> None:
    frame = json.loads(encode_removed(Heading(7, NOON, FrameKind.TICKET_REMOVED), TICKET))
    assert frame["data"] == {"ticket_id": str(TICKET)}


def test_what_a_client_may_say_is_understood() -> None:
    mind = {"type": "presence_of_mind", "kind": "typing", "ticket_id": str(TICKET)}
    assert parse_client_message(json.dumps(mind)) == PresenceOfMind(
        type="presence_of_mind", kind=MindKind.TYPING, ticket_id=TICKET
    )
    assert parse_client_message('{"type":"pong"}') == Pong(type="pong")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type":"order_pizza"}',
        '{"type":"pong","and":1}',
        '{"type":"presence_of_mind","kind":"typing"}',
        '{"type":"presence_of_mind","kind":"humming","ticket_id":"' + str(TICKET) + '"}',
        " " * (MOST_CHARACTERS + 1),
        "\x00\ud800",
    ],
)
def test_anything_else_from_a_client_is_dropped(text: str) -> None:
    assert isinstance(parse_client_message(text), Unreadable)


def test_what_travels_on_the_bus_comes_out_as_it_went_in() -> None:
    told = Ephemeral(kind=MindKind.GONE, ticket_id=TICKET, user_id=ANA, at=NOON)
    assert parse_ephemeral(told.model_dump_json().encode()) == told
    assert parse_ephemeral(b"garbage") is None
