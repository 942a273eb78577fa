"""An approved message wakes a ticket that somebody holds: theirs if they are there, else theirs
first and then anybody's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.approve import approve
from servicedesk.desk.take import take_ticket
from servicedesk.domain.ids import TicketId
from servicedesk.domain.presence import PresenceState
from servicedesk.domain.tickets import TicketStatus
from servicedesk.routing.facts import OrderFacts
from servicedesk.routing.orders import live_order
from servicedesk.routing.presence import set_presence
from tests.stories.company import Company
from tests.stories.test_receive import set_status
from tests.stories.test_sorting import opened, stranger


async def woken(services: Services, company: Company, *, by: str = "ben") -> OrderFacts:
    """Return the work on a ticket of Ana's after somebody has approved what a stranger wrote."""
    ticket_id: TicketId = await opened(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    await set_status(services, company, ticket_id, TicketStatus.PENDING)
    message_id = await stranger(services, company)
    await set_status(services, company, ticket_id, TicketStatus.PENDING)  # Ana has looked at it
    await approve(services.database, getattr(company, by), message_id)
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    return order


@pytest.mark.parametrize("by", ["ana", "ben"])
async def test_it_goes_straight_to_who_is_there(
    services: Services, company: Company, by: str
) -> None:
    if by != "ana":  # she approves it herself, so she is there
        await set_presence(services.database, company.ana.user_id, PresenceState.AVAILABLE, None)
    order = await woken(services, company, by=by)
    assert (order.state, order.owner_id) == ("active", company.ana.user_id)


async def test_who_went_home_is_asked_first_and_not_waited_for(
    services: Services, company: Company
) -> None:
    order = await woken(services, company)
    assert (order.state, order.owner_id) == ("waiting", None)
    assert order.preferred_id == company.ana.user_id
    assert _seconds(order.virtual_start, order.preferred_until) == 300


def _seconds(start: datetime, end: datetime | None) -> float:
    assert end is not None
    return (end - start) / timedelta(seconds=1)
