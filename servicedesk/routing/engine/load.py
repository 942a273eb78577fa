"""How much more an agent could take, given what they have at hand.

Units are counted per channel. An order on an exclusive channel (a call) fills the agent: nothing
comes beside it, and it comes only to who has nothing else, except what it may interrupt (an
e-mail), which is held meanwhile and keeps its units.
"""

from collections.abc import Mapping

from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.facts import AgentFacts


def free_units(agent: AgentFacts, used: Mapping[ChannelKind, int], channel: ChannelKind) -> int:
    """Return how many units of the channel they could take now; 0 or less if none.

    `used` has the units at hand by channel: owned, held out and in wrap-up; no channel with none.
    """
    if not agent.available or channel in agent.closed:
        return 0
    if used and hindrance(agent, used, channel):
        return 0
    return agent.capacity.get(channel, 0) - used.get(channel, 0)


def hindrance(
    agent: AgentFacts, used: Mapping[ChannelKind, int], channel: ChannelKind
) -> ChannelKind | None:
    """Return the channel of what they have at hand that rules out anything on this one."""
    fills = channel in agent.exclusive
    for at_hand in used:
        if at_hand in agent.exclusive or (fills and at_hand not in agent.interruptible):
            return at_hand
    return None
