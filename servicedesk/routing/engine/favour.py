"""Is a preferred agent waited for? The engine asks it, and whoever explains what it did. Pure."""

from datetime import datetime

from servicedesk.routing.engine.policy import Requirement
from servicedesk.routing.engine.records import Profile, is_qualified
from servicedesk.routing.engine.refusals import is_passed_over
from servicedesk.routing.facts import AgentFacts, OrderFacts


def is_worth_waiting(
    agent: AgentFacts, profile: Profile, order: OrderFacts, required: Requirement, now: datetime
) -> bool:
    """Does the agent take such work at all? Whether they are free just now is no matter; nor is the
    delay of their profile."""
    if not agent.available or required.channel in agent.closed:
        return False
    if is_passed_over(order, agent.user_id, now):
        return False
    if agent.capacity.get(required.channel, 0) < required.units:
        return False
    return is_qualified(profile, required, delay_matters=False)
