"""Which orders, tickets, agents and queues a stretch of the journal touches: what to load anew.

Payload keys are those of the kinds that routing, desk and people write; a kind that is not named
here says nothing that matters to the engine. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

USER_KEYS = ("user_id", "owner_id", "from", "to")
NOT_ABOUT_WORK = frozenset(
    {
        "user.signed_in",
        "user.signed_out",
        "order.marked",  # the router's own word
        "order.callback_offered",  # for people
        "order.held",  # held work occupies its agent all the same
        "order.went_on",
        "order.forced",  # told beside ticket.assigned
    }
)


class Recorded(Protocol):
    """What is read of a journal entry."""

    @property
    def kind(self) -> str: ...
    @property
    def ticket_id(self) -> UUID | None: ...
    @property
    def order_id(self) -> UUID | None: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class Affected:
    """Ids in the order in which they were first named. `ticket_ids`: their live orders.

    `every_agent`: who serves which queue changed in a way that names nobody. `every_queue`: the
    hours of some may have changed.
    """

    order_ids: dict[UUID, None] = field(default_factory=dict)
    ticket_ids: dict[UUID, None] = field(default_factory=dict)
    user_ids: dict[UUID, None] = field(default_factory=dict)
    queue_ids: dict[UUID, None] = field(default_factory=dict)
    every_agent: bool = False
    every_queue: bool = False


def affected_by(entries: Iterable[Recorded]) -> Affected:
    affected = Affected()
    for entry in entries:
        _note(affected, entry)
    return affected


def _note(affected: Affected, entry: Recorded) -> None:
    subject = entry.kind.partition(".")[0]
    if entry.kind in NOT_ABOUT_WORK:
        return
    match subject:
        case "order" | "offer":
            _add(affected.order_ids, entry.order_id)
            _add(affected.user_ids, *_users(entry))
        case "ticket" if entry.kind in ("ticket.assigned", "ticket.changed"):
            _add(affected.order_ids, entry.order_id)
            _add(affected.ticket_ids, entry.ticket_id)
            if entry.kind == "ticket.assigned":
                _add(affected.user_ids, *_users(entry))
        case "presence":
            _add(affected.user_ids, entry.payload.get("user_id"))
        case "user":
            _add(affected.user_ids, entry.payload.get("user_id"))
        case "team":
            _add(affected.user_ids, *entry.payload.get("added", ()))
            _add(affected.user_ids, *entry.payload.get("removed", ()))
        case "queue":
            _add(affected.queue_ids, entry.payload.get("queue_id"))
            affected.every_agent = True
        case "calendar":
            affected.every_queue = True
        case _:
            return


def _users(entry: Recorded) -> list[Any]:
    if entry.kind == "offer.made":  # what an agent holds the engine counts itself
        return []
    return [entry.payload.get(key) for key in USER_KEYS]


def _add(ids: dict[UUID, None], *found: Any) -> None:
    for value in found:
        if value is not None:
            ids[value if isinstance(value, UUID) else UUID(value)] = None
