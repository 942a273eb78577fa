"""Why this agent: what the console shows under "why me?", as codes with figures."""

from datetime import datetime
from typing import assert_never

from servicedesk.routing.engine.decisions import Reason
from servicedesk.routing.engine.records import Agent
from servicedesk.routing.engine.refusals import times_refused
from servicedesk.routing.facts import AgentChoice, OrderFacts


def reasons_for(
    order: OrderFacts, agent: Agent, choice: AgentChoice | None, now: datetime
) -> tuple[Reason, ...]:
    """Return the reasons, most general first. `choice`: how the agent was chosen, None if nobody
    else could take the order.

    Codes: in_queue {queue_id} · only_one {}, or the way of choosing: longest_idle {idle_seconds},
    least_loaded {units}, round_robin {}, best_skill {levels} · free_capacity {channel, used,
    capacity} · asked_again {times}, if they declined it before.
    """
    assert agent.facts is not None  # noqa: S101  # nobody is chosen unknown
    reasons = [
        Reason("in_queue", {"queue_id": str(order.queue_id)}),
        Reason("only_one") if choice is None else _chosen(order, agent, choice, now),
        Reason(
            "free_capacity",
            {
                "channel": order.channel.value,
                "used": agent.used.get(order.channel, 0),
                "capacity": agent.facts.capacity[order.channel],
            },
        ),
    ]
    times = times_refused(order, agent.user_id)
    if times:
        reasons.append(Reason("asked_again", {"times": times}))
    return tuple(reasons)


def _chosen(order: OrderFacts, agent: Agent, choice: AgentChoice, now: datetime) -> Reason:
    assert agent.facts is not None  # noqa: S101  # nobody is chosen unknown
    match choice:
        case AgentChoice.LONGEST_IDLE:
            idle_seconds = max(0, int((now - agent.facts.idle_since).total_seconds()))
            return Reason("longest_idle", {"idle_seconds": idle_seconds})
        case AgentChoice.LEAST_LOADED:
            return Reason("least_loaded", {"units": sum(agent.used.values())})
        case AgentChoice.ROUND_ROBIN:
            return Reason("round_robin")
        case AgentChoice.BEST_SKILL:
            known = agent.facts.skills
            levels = {skill: known[skill] for skill in sorted(order.skills) if skill in known}
            return Reason("best_skill", {"levels": levels})
        case _:
            assert_never(choice)
