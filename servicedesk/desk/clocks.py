"""Every story that changes a ticket ends by letting its clocks follow."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from servicedesk.desk.tickets import TicketFacts
from servicedesk.desk.views_clocks import (
    Opening,
    load_all_measured,
    load_measured,
    measured_new,
)
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.sla.events import Event
from servicedesk.sla.track import follow_all, follow_story


async def begin(
    work: Work, opening: Opening, ticket: TicketFacts, language: str
) -> datetime | None:
    """Let the clocks of a ticket begin that this story opens; return the earliest due instant."""
    return await follow_story(work, measured_new(opening, ticket, language or None), ())


async def follow(work: Work, ticket_id: UUID, *told: Event) -> datetime | None:
    """Let the clocks of a locked ticket follow what the story did; return the earliest due instant.

    Call it once, after the story's own changes: status, priority, team and the policies that fit
    are seen by looking. `told` is what cannot be seen: who wrote, what was merged, in order.
    One statement reads, one writes; a live work order whose due instant changed is a third.
    """
    found = await load_measured(work.sql, ticket_id)
    due_at = await follow_story(work, found.measured, told)
    if found.order_id is not None and found.order_due_at != due_at:
        await orders.set_orders_due(work, {found.order_id: due_at})
    return due_at


async def follow_unchanged(work: Work, ticket_ids: Sequence[UUID]) -> None:
    """Let the clocks of locked tickets follow what is promised now: nothing else has happened.

    As many statements as `follow` makes for one ticket.
    """
    found = await load_all_measured(work.sql, ticket_ids)
    dues = await follow_all(work, [one.measured for one in found])
    moved = {
        one.order_id: due_at
        for one, due_at in zip(found, dues, strict=True)
        if one.order_id is not None and one.order_due_at != due_at
    }
    await orders.set_orders_due(work, moved)
