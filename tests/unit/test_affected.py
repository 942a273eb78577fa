"""What the router loads anew for each kind of entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from servicedesk.routing.affected import affected_by

ORDER, TICKET, ANA, BEN, QUEUE = (UUID(int=number) for number in range(1, 6))


@dataclass(frozen=True)
class Entry:
    kind: str
    ticket_id: UUID | None = None
    order_id: UUID | None = None
    payload: dict[str, object] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("entry", "orders", "tickets", "users"),
    [
        (Entry("order.opened", TICKET, ORDER, {"queue_id": str(QUEUE)}), [ORDER], [], []),
        (Entry("order.finished", TICKET, ORDER, {"owner_id": str(ANA)}), [ORDER], [], [ANA]),
        (Entry("order.finished", TICKET, ORDER, {"owner_id": None}), [ORDER], [], []),
        (Entry("offer.accepted", TICKET, ORDER, {"user_id": str(ANA)}), [ORDER], [], [ANA]),
        (
            Entry("ticket.assigned", TICKET, None, {"from": str(ANA), "to": str(BEN)}),
            [],
            [TICKET],
            [ANA, BEN],
        ),
        (
            Entry("ticket.changed", TICKET, None, {"priority": {"from": 2, "to": 4}}),
            [],
            [TICKET],
            [],
        ),
        (Entry("ticket.opened", TICKET), [], [], []),
        (Entry("message.received", TICKET), [], [], []),
        (
            Entry(
                "presence.changed", payload={"user_id": str(ANA), "from": "away", "to": "offline"}
            ),
            [],
            [],
            [ANA],
        ),
        (Entry("user.deactivated", payload={"user_id": str(ANA)}), [], [], [ANA]),
        (Entry("user.signed_in", payload={"user_id": str(ANA)}), [], [], []),
        (
            Entry("team.changed", payload={"added": [str(ANA)], "removed": [str(BEN)]}),
            [],
            [],
            [ANA, BEN],
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Entry) else "",
)
def test_each_kind_names_what_is_to_be_loaded_again(
    entry: Entry, orders: list[UUID], tickets: list[UUID], users: list[UUID]
) -> None:
    affected = affected_by([entry])
    assert list(affected.order_ids) == orders
    assert list(affected.ticket_ids) == tickets
    assert list(affected.user_ids) == users
    assert not affected.every_agent


def test_changed_queue_is_loaded_with_every_agent_since_it_names_none() -> None:
    affected = affected_by([Entry("queue.changed", payload={"queue_id": str(QUEUE)})])
    assert affected.every_agent
    assert list(affected.queue_ids) == [QUEUE]


def test_what_is_named_often_is_loaded_once() -> None:
    entries = [
        Entry("offer.made", TICKET, ORDER, {"user_id": str(ANA)}),
        Entry("offer.declined", TICKET, ORDER, {"user_id": str(ANA)}),
    ]
    affected = affected_by(entries)
    assert (list(affected.order_ids), list(affected.user_ids)) == ([ORDER], [ANA])
