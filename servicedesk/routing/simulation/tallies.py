"""What a simulation counts, and the figures made of it."""

from array import array
from dataclasses import dataclass, field

from servicedesk.routing.simulation.scenario import OrderClass


@dataclass(slots=True)
class ClassTally:
    """Of one class, over what arrived while it was measured. `waits` has the seconds of each served
    order, in the order in which they were answered; `queue_seconds` sums all time spent waiting
    within the measured time."""

    offered: int = 0
    blocked: int = 0
    abandoned: int = 0
    within_level: int = 0
    waits: "array[float]" = field(default_factory=lambda: array("d"))
    queue_seconds: float = 0.0


@dataclass(slots=True)
class GroupTally:
    """`busy_seconds`: of all agents of the group together, within the measured time."""

    count: int
    busy_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """A figure that nothing was measured for is None. Field meanings: `diagnostics`, simulate."""

    name: str
    offered: int
    blocked: int
    abandoned: int
    served: int
    p_wait: float | None
    asa_s: float | None
    p95_wait_s: float | None
    service_level: float | None
    mean_queue: float | None


@dataclass(frozen=True, slots=True)
class GroupFigures:
    group: str
    occupancy: float | None


def class_figures(asked: OrderClass, tally: ClassTally, seconds: float) -> ClassFigures:
    """Work out the figures of a class after `seconds` of measuring."""
    waits = tally.waits
    served, admitted = len(waits), tally.offered - tally.blocked
    return ClassFigures(
        name=asked.name,
        offered=tally.offered,
        blocked=tally.blocked,
        abandoned=tally.abandoned,
        served=served,
        p_wait=sum(wait > 0 for wait in waits) / served if served else None,
        asa_s=sum(waits) / served if served else None,
        p95_wait_s=_quantile(waits, 0.95) if served else None,
        service_level=tally.within_level / admitted if admitted else None,
        mean_queue=tally.queue_seconds / seconds if seconds else None,
    )


def group_figures(name: str, tally: GroupTally, seconds: float) -> GroupFigures:
    available = tally.count * seconds
    return GroupFigures(name, tally.busy_seconds / available if available else None)


def _quantile(values: "array[float]", share: float) -> float:
    """The smallest value that at least this share does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]
