"""Where an inbound message belongs, and why: what intake decides and the desk carries out."""

from dataclasses import dataclass, field
from typing import Any

from servicedesk.domain.ids import TicketId


@dataclass(frozen=True, slots=True)
class Belonging:
    """`ticket_id` None: open a new ticket, which `follows_up` a closed one if that is set.

    `unverified`: the sender is not known on the ticket, so their words are kept apart until an
    agent approves. `trace` is "why here?": the rule that hit, those that missed, and the gate.
    """

    ticket_id: TicketId | None
    unverified: bool = False
    follows_up: TicketId | None = None
    trace: dict[str, Any] = field(default_factory=dict)
