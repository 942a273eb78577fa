"""Why this agent: what the console shows under "why me?", as codes with figures."""

from datetime import datetime

from servicedesk.routing.engine.decisions import Reason
from servicedesk.routing.engine.records import Agent
from servicedesk.routing.engine.refusals import times_refused
from servicedesk.routing.facts import OrderFacts


def reasons_for(
    order: OrderFacts, agent: Agent, now: datetime, *, has_rivals: bool
) -> tuple[Reason, ...]:
    """Return the reasons, most general first. `has_rivals`: could anybody else take it?

    Codes: in_queue {queue_id} · only_one {} or longest_idle {idle_seconds} ·
    free_capacity {channel, used, capacity} · asked_again {times}, if they refused it before.
    """
    assert agent.facts is not None  # noqa: S101  # nobody is chosen unknown
    idle_seconds = max(0, int((now - agent.facts.idle_since).total_seconds()))
    reasons = [
        Reason("in_queue", {"queue_id": str(order.queue_id)}),
        Reason("longest_idle", {"idle_seconds": idle_seconds})
        if has_rivals
        else Reason("only_one"),
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
