"""What is promised on a ticket: the words that policies, clocks and the verifier share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.errors import PolicyInvalid

CalendarVersion = NewType("CalendarVersion", str)
"""Names one version of one calendar for ever; an edit makes a new one."""

SHORTEST_TARGET_SECONDS = 15
LONGEST_TARGET_SECONDS = 10 * 366 * 86_400


class Metric(StrEnum):
    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"  # from the oldest unanswered message of the contact
    PERIODIC_UPDATE = "periodic_update"  # from one reply to the next
    PAUSABLE_UPDATE = "pausable_update"
    REQUESTER_WAIT = "requester_wait"  # until solved, without what waits for the contact
    AGENT_WORK = "agent_work"  # until solved, without what waits for anybody
    TOTAL_RESOLUTION = "total_resolution"  # until solved, without exception
    TIME_TO_ANSWER = "time_to_answer"  # of a call or chat that waits in a queue


class Audience(StrEnum):
    """To whom the promise is made; a ticket has the promises of one policy for each."""

    CUSTOMER = "customer"
    INTERNAL = "internal"  # between teams (OLA): begins anew with every team


class Reopening(StrEnum):
    """What a solved ticket that is opened again still has of its resolution target."""

    CARRY = "carry"  # the rest: what was counted before counts
    AFRESH = "afresh"  # all of it


PAUSES_IN: dict[Metric, frozenset[TicketStatus]] = {
    Metric.FIRST_REPLY: frozenset(),
    Metric.NEXT_REPLY: frozenset(),
    Metric.PERIODIC_UPDATE: frozenset(),
    Metric.PAUSABLE_UPDATE: frozenset({TicketStatus.PENDING}),
    Metric.REQUESTER_WAIT: frozenset({TicketStatus.PENDING}),
    Metric.AGENT_WORK: frozenset({TicketStatus.PENDING, TicketStatus.ON_HOLD}),
    Metric.TOTAL_RESOLUTION: frozenset(),
    Metric.TIME_TO_ANSWER: frozenset(),
}
"""In which statuses each metric stands still, unless a policy says otherwise.

Source: Zendesk's table of metrics and statuses (help article 4408829459866).
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """One target of the policy that holds now. `calendar` None counts calendar time.

    `pauses_in` None means the statuses of `PAUSES_IN`.
    """

    metric: Metric
    target_seconds: int
    policy_id: str
    policy_version: int
    calendar: CalendarVersion | None = None
    audience: Audience = Audience.CUSTOMER
    pauses_in: frozenset[TicketStatus] | None = None
    reopening: Reopening = Reopening.CARRY

    def __post_init__(self) -> None:
        if not SHORTEST_TARGET_SECONDS <= self.target_seconds <= LONGEST_TARGET_SECONDS:
            raise PolicyInvalid(
                f"A target of {self.target_seconds} seconds for {self.metric.value} cannot be "
                f"promised: write {SHORTEST_TARGET_SECONDS} to {LONGEST_TARGET_SECONDS} seconds."
            )

    @property
    def stands_still_in(self) -> frozenset[TicketStatus]:
        return PAUSES_IN[self.metric] if self.pauses_in is None else self.pauses_in
