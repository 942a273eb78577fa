"""Why this agent: what the console shows under "why me?", as codes with figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

from servicedesk.domain.ids import QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.facts import AgentChoice


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for an offer. `code` is what the console translates, `params` fill its text."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class Grounds(NamedTuple):
    """What an offer rests on: figures only, since most are never asked for their words.

    `choice`: how the agent was chosen, None if nobody else could take the order; `figure` is the
    seconds idle, units or levels that it went by. `steps` of the queue were taken; `asked_before`
    is how often they declined. `queue_id` is the order's, `by_queue_id` the one through which they
    may take it, None if through a team.
    """

    queue_id: QueueId
    by_queue_id: QueueId | None
    choice: AgentChoice | None
    figure: int
    levels: tuple[tuple[str, int], ...]
    channel: ChannelKind
    used: int
    capacity: int
    steps: int
    asked_before: int
    is_preferred: bool
    waited_seconds: int


def reasons_of(grounds: Grounds) -> tuple[Reason, ...]:
    """Put the grounds into reasons, most general first.

    Codes: in_queue {queue_id} · after_steps {steps, waited_seconds} and widened {queue_id}, if it
    waited for them · preferred {}, only_one {}, or the way of choosing: longest_idle
    {idle_seconds}, least_loaded {units}, round_robin {}, best_skill {levels} · free_capacity
    {channel, used, capacity} · asked_again {times}, if they declined it before.
    """
    reasons = [Reason("in_queue", {"queue_id": str(grounds.queue_id)})]
    if grounds.steps:
        waited = {"steps": grounds.steps, "waited_seconds": grounds.waited_seconds}
        reasons.append(Reason("after_steps", waited))
    if grounds.by_queue_id not in (None, grounds.queue_id):
        reasons.append(Reason("widened", {"queue_id": str(grounds.by_queue_id)}))
    if grounds.is_preferred:
        reasons.append(Reason("preferred"))
    else:
        reasons.append(_chosen(grounds))
    figures = {
        "channel": grounds.channel.value,
        "used": grounds.used,
        "capacity": grounds.capacity,
    }
    reasons.append(Reason("free_capacity", figures))
    if grounds.asked_before:
        reasons.append(Reason("asked_again", {"times": grounds.asked_before}))
    return tuple(reasons)


def _chosen(grounds: Grounds) -> Reason:
    match grounds.choice:
        case None:
            return Reason("only_one")
        case AgentChoice.LONGEST_IDLE:
            return Reason("longest_idle", {"idle_seconds": grounds.figure})
        case AgentChoice.LEAST_LOADED:
            return Reason("least_loaded", {"units": grounds.figure})
        case AgentChoice.ROUND_ROBIN:
            return Reason("round_robin")
        case AgentChoice.BEST_SKILL:
            return Reason("best_skill", {"levels": dict(grounds.levels)})
        case _:
            assert_never(grounds.choice)
