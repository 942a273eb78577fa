"""Facts for tests of the engine: everything usual unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferHow, OfferState, OrderState
from servicedesk.routing.engine.decisions import Decision, MakeOffer
from servicedesk.routing.engine.events import Event, OrderChanged, Together
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, QueueFacts, Serving

NOON = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
SUPPORT, BILLING = QueueId(UUID(int=1)), QueueId(UUID(int=2))
ANA, BEN, EVE = (UserId(UUID(int=number)) for number in (11, 12, 13))
NIGHT_TEAM = TeamId(UUID(int=8))
Found = TypeVar("Found")


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def queue(queue_id: QueueId = SUPPORT, **changes: object) -> QueueFacts:
    facts = QueueFacts(queue_id, "", TeamId(UUID(int=9)), 45, active=True)
    return replace(facts, **changes)  # type: ignore[arg-type]


def order(number: int, **changes: object) -> OrderFacts:
    """Waits for a chat in the support queue since noon and `number` milliseconds."""
    facts = OrderFacts(
        id=OrderId(UUID(int=1000 + number)),
        ticket_id=TicketId(UUID(int=2000 + number)),
        queue_id=SUPPORT,
        channel=ChannelKind.CHAT,
        state=OrderState.WAITING,
        priority=2,
        units=1,
        owner_id=None,
        virtual_start=later(number / 1000),
        attempts=0,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def agent(user_id: UserId, *serves: QueueId | Serving, **changes: object) -> AgentFacts:
    """Serves the support queue unless told otherwise; five units of everything."""
    facts = AgentFacts(
        user_id=user_id,
        available=True,
        idle_since=NOON,
        serves=tuple(
            each if isinstance(each, Serving) else Serving(each) for each in serves or (SUPPORT,)
        ),
        capacity={"email": 5, "chat": 5, "voice": 5},
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def owned(facts: OrderFacts, user_id: UserId, **changes: object) -> OrderChanged:
    taken = replace(facts, state=OrderState.ACTIVE, owner_id=user_id)
    return OrderChanged(replace(taken, **changes))  # type: ignore[arg-type]


def held_out(facts: OrderFacts, user_id: UserId, how: OfferHow = OfferHow.OFFERED) -> OrderChanged:
    offer = OfferFacts(
        id=OfferId(UUID(int=facts.id.int + 5000)),
        order_id=facts.id,
        ticket_id=facts.ticket_id,
        user_id=user_id,
        state=OfferState.OPEN,
        deadline=later(45),
        how=how,
    )
    return OrderChanged(replace(facts, state=OrderState.OFFERED), offer)


def told(*events: Event) -> tuple[Engine, list[Decision]]:
    engine = Engine()
    return engine, engine.apply(Together(events), NOON)


def pairs(decisions: list[Decision]) -> list[tuple[OrderId, UserId]]:
    return [(each.order_id, each.user_id) for each in decisions if isinstance(each, MakeOffer)]


def only(kind: type[Found], decisions: list[Decision]) -> list[Found]:
    return [each for each in decisions if isinstance(each, kind)]
