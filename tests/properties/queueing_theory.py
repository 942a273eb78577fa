"""What queueing theory says exactly, from the textbook formulas.

`load` is the offered traffic in Erlangs, times are in units of the mean handling time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapreplace
from math import exp, sqrt


@dataclass(frozen=True)
class Waits:
    """`mean_wait` is over those who are served."""

    p_wait: float
    mean_wait: float
    p_block: float = 0.0
    p_abandon: float = 0.0


def erlang_b(load: float, agents: int) -> float:
    """The share blocked with no places to wait, by the stable recursion."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> Waits:
    """M/M/n: nobody is blocked, nobody gives up. The load must be below the agents."""
    blocked = erlang_b(load, agents)
    p_wait = agents * blocked / (agents - load * (1 - blocked))
    return Waits(p_wait, p_wait / (agents - load))


def erlang_c_service_level(load: float, agents: int, within: float) -> float:
    return 1 - erlang_c(load, agents).p_wait * exp(-(agents - load) * within)


def limited(load: float, agents: int, places: int) -> Waits:
    """M/M/n/K with `places` in all, at work and waiting; of those admitted."""
    return _birth_and_death(load, agents, places, 0.0)


def erlang_a(load: float, agents: int, patience: float) -> Waits:
    """M/M/n+M: exponential patience with this mean. `p_wait` is of all who come; `mean_wait` of
    all, whether served or not, is what Little's law gives."""
    return _birth_and_death(load, agents, agents + 4_000, 1 / patience)


def _birth_and_death(load: float, agents: int, places: int, gives_up: float) -> Waits:
    """Solve the chain of the number in the system (rate of handling 1)."""
    weights = [1.0]
    for number in range(1, places + 1):
        rate = min(number, agents) + max(0, number - agents) * gives_up
        weights.append(weights[-1] * load / rate)
        if weights[-1] > 1e200:
            weights = [weight / 1e200 for weight in weights]
    total = sum(weights)
    shares = [weight / total for weight in weights]
    in_line = sum(max(0, number - agents) * share for number, share in enumerate(shares))
    blocked = 0.0 if gives_up else shares[-1]
    admitted = load * (1 - blocked)
    p_wait = sum(shares[agents : None if gives_up else -1]) / (1 - blocked)
    return Waits(p_wait, in_line / admitted, blocked, gives_up * in_line / load)


def relaxation_time(load: float, agents: int) -> float:
    """How long M/M/n remembers: what differs from its long run has then fallen to 1/e (the rate is
    the square of the difference of the roots of n and the load, Karlin and McGregor 1958)."""
    return 1 / (sqrt(agents) - sqrt(load)) ** 2


def cobham(loads: list[float], agents: int) -> list[float]:
    """Mean waits of non-preemptive priorities with equal handling, the most urgent first
    (Cobham 1954; for many agents Davis 1966, Kella and Yechiali 1985)."""
    p_wait = erlang_c(sum(loads), agents).p_wait
    waits, before = [], 0.0
    for load in loads:
        after = before + load / agents
        waits.append(p_wait / (agents * (1 - before) * (1 - after)))
        before = after
    return waits


def first_come_first_served(
    calls: Iterable[tuple[float, float, float]], agents: int
) -> Iterator[tuple[float, float | None]]:
    """Yield when each call came and how long it waited, by the recursion of Kiefer and Wolfowitz
    (1955): it gets the agent who is free first. None: that was longer than its patience, it gave
    up. `calls` are instants, rising, with handling times and patience.
    """
    free_at = [0.0] * agents
    for came, handling, patience in calls:
        begins = max(came, free_at[0])
        if begins - came > patience:
            yield came, None
            continue
        heapreplace(free_at, begins + handling)
        yield came, begins - came
