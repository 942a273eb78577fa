"""A policy as an administrator writes it; every edit is a new version, old ones stay."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.sla.errors import PolicyInvalid
from servicedesk.sla.policy.conditions import Condition
from servicedesk.sla.promises import (
    LONGEST_TARGET_SECONDS,
    SHORTEST_TARGET_SECONDS,
    Audience,
    Metric,
    Reopening,
)


class Counting(StrEnum):
    BUSINESS_TIME = "business_time"  # by the calendar of the ticket's queue
    CALENDAR_TIME = "calendar_time"  # every second


@dataclass(frozen=True, slots=True)
class Target:
    """How long one metric may take at one priority. `pauses_in` None: the metric's own statuses."""

    metric: Metric
    priority: Priority
    seconds: int
    counting: Counting = Counting.BUSINESS_TIME
    pauses_in: frozenset[TicketStatus] | None = None
    reopening: Reopening = Reopening.CARRY

    def __post_init__(self) -> None:
        if not SHORTEST_TARGET_SECONDS <= self.seconds <= LONGEST_TARGET_SECONDS:
            raise PolicyInvalid(
                f"The target of {self.seconds} seconds for {self.metric.value} at priority "
                f"{self.priority.name.lower()} is not between {SHORTEST_TARGET_SECONDS} and "
                f"{LONGEST_TARGET_SECONDS} seconds."
            )


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy: for tickets of which `all_of` hold, and one of `any_of` if given.

    It holds from `valid_from` to just before `valid_to`; None: always, or for ever. Raises
    PolicyInvalid if two targets contradict each other or it is never valid.
    """

    id: str
    version: int
    name: str
    targets: tuple[Target, ...]
    audience: Audience = Audience.CUSTOMER
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def __post_init__(self) -> None:
        places = Counter((target.metric, target.priority) for target in self.targets)
        for (metric, priority), count in places.items():
            if count > 1:
                raise PolicyInvalid(
                    f"The policy {self.name!r} has {count} targets for {metric.value} at priority "
                    f"{priority.name.lower()}: keep one."
                )
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise PolicyInvalid(
                f"The policy {self.name!r} ends before it begins: it would never hold."
            )

    def is_valid_at(self, at: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_to is None or at < self.valid_to)


def refuse_unknown_fields(policy: Policy, known: Collection[str]) -> None:
    """Raise PolicyInvalid if a condition names a field that no ticket has."""
    for condition in (*policy.all_of, *policy.any_of):
        if condition.field not in known:
            raise PolicyInvalid(
                f"The policy {policy.name!r} asks for {condition.field!r}, which does not exist. "
                f"There are: {', '.join(sorted(known))}.",
                field=condition.field,
            )
