"""Orders to agents: what waits in the lines that changed, or that changed agents may serve.

Elsewhere nothing can match: the last round left no match undone. Lines are served in the order of
the profiles' priority, then of rank, across all queues; so lines whose agents they share are served
as if they were one.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from servicedesk.domain.ids import QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.book import Book
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.policy import Requirement
from servicedesk.routing.engine.ranking import Entry, Key, Ranking
from servicedesk.routing.engine.reasons import Grounds
from servicedesk.routing.engine.records import Agent, Line, Order
from servicedesk.routing.engine.refusals import is_passed_over, times_refused
from servicedesk.routing.facts import AgentChoice, AgentFacts

DEFAULT_OFFER_SECONDS = 45
"""For an order whose queue we have not been told of yet."""


class Match(NamedTuple):
    """`rank` is the order's. `has_rivals`: others could take it too."""

    rank: Key
    order: Order
    agent: Agent
    has_rivals: bool


def match(book: Book, now: datetime) -> Iterator[MakeOffer]:
    """Yield offers, each put down in the book as it is made, until nothing matches any more."""
    hungry = {}
    for agent in book.changed_agents:
        agent.rank()
        if free := agent.free_channels():
            hungry[agent] = free
    sure = {line: None for line in book.changed_lines if line.may_match}
    book.changed_lines.clear()
    book.changed_agents.clear()
    if not sure and len(hungry) == 1 and not book.hall.has_priorities:
        yield from _serve_one(book, hungry, now)
    if not sure and not hungry:
        return
    lines = _served_by_somebody(sure, hungry)
    groups = _by_priority(lines) if book.hall.has_priorities else [(None, lines)]
    for level, group in groups:
        for made in _serve(book, group, level, now):
            yield made
            agent = book.agents[made.user_id]
            if agent in hungry and not agent.free_channels():
                del hungry[agent]
            if not hungry:
                group[:] = [line for line in group if line in sure]


def _serve_one(
    book: Book, hungry: dict[Agent, set[ChannelKind]], now: datetime
) -> Iterator[MakeOffer]:
    """Serve the only agent who came free, for as long as that is plain: nobody else could take
    what waits for them, or it would not wait. What was refused before, or needs more than one unit,
    is left to be looked at more closely; the agent stays hungry then."""
    ((agent, channels),) = hungry.items()
    while channels:
        line = _best_line(agent, channels)
        if line is None:
            break
        rank, _, order = line.heap[0]
        if order.facts.refusals or order.facts.units != 1:
            return
        yield _offer(book, Match(rank, order, agent, has_rivals=False), line, now)
        channels = agent.free_channels()
    hungry.clear()


def _best_line(agent: Agent, channels: set[ChannelKind]) -> Line | None:
    """The line whose first order comes before those of all others that the agent serves."""
    best: Line | None = None
    first: Key = ()
    for line in agent.lines():
        heap = line.heap
        if not heap or (best is not None and heap[0][0] > first):
            continue
        if line.is_open and line.channel in channels:
            best, first = line, heap[0][0]
    return best


def _serve(book: Book, lines: list[Line], level: int | None, now: datetime) -> Iterator[MakeOffer]:
    """Serve the lines by the agents who give them this priority (None: by all), best rank first.

    Lines are taken out of the list when they are done with; the caller may take out others.
    """
    bounds: dict[Line, Key] = {}
    while lines:
        line, bound = _first_in_rank(lines, bounds)
        found = _next_match(line, _free(line, level), now)
        if found is None:
            lines.remove(line)
        elif found.rank > bound:  # who is free has refused those before it
            bounds[line] = found.rank
        else:
            made = _offer(book, found, line, now)
            if not line.heap:
                lines.remove(line)
            yield made


def _free(line: Line, level: int | None) -> list[Ranking[Agent]]:
    if level is None or line.level == level:
        return [ranking for ranking in line.free if ranking.heap]
    return [
        ranking
        for ranking, priority in zip(line.free, line.priorities, strict=True)
        if priority == level and ranking.heap
    ]


def _by_priority(lines: list[Line]) -> Iterator[tuple[int | None, list[Line]]]:
    """Yield the lines by the priority that free agents give them, the largest first.

    With a single line there is nothing to choose between: whoever is free may serve it.
    """
    common = {line.level for line in lines}
    if len(lines) <= 1 or (len(common) == 1 and None not in common):
        yield None, lines
        return
    for level in sorted({level for line in lines for level in line.priorities}, reverse=True):
        yield level, [line for line in lines if line.heap and level in line.priorities]


def _next_match(line: Line, free: list[Ranking[Agent]], now: datetime) -> Match | None:
    """Return the first order of the line that somebody free may take.

    Orders are skipped only for having been refused; all others need the same, so the first of
    them decides for the line.
    """
    if not free:
        return None
    first = line.heap[0]
    if not first[2].facts.refusals:
        return _choose(first, line, free, now)
    entry = line.waiting.first_that(
        lambda order: not order.facts.refusals or _somebody_takes(order, free, now)
    )
    return None if entry is None else _choose(entry, line, free, now)


def _choose(
    entry: Entry[Order], line: Line, free: list[Ranking[Agent]], now: datetime
) -> Match | None:
    """Return who is to be asked first, of all pools that are qualified."""
    rank, _, order = entry
    if order.facts.units == 1 and not order.facts.refusals:
        if len(free) == 1:
            best = free[0]
        else:
            best = min(free, key=_key_of_first) if not line.grades else _best_graded(line, free)
        return Match(rank, order, best.heap[0][2], len(free) > 1 or len(best) > 1)
    able = [
        (line.grades.get(ranking, 0), first[0], first[2])
        for ranking in free
        if (first := ranking.first_that(lambda agent: _may_take(agent, order, now))) is not None
    ]
    if not able:
        return None
    agents = sum(_may_take(agent, order, now) for ranking in free for agent in ranking)
    return Match(rank, order, min(able)[2], agents > 1)


def _offer(book: Book, found: Match, line: Line, now: datetime) -> MakeOffer:
    order, agent = found.order, found.agent
    queue = order.shelf.facts
    offer = MakeOffer(
        order.facts.id,
        agent.user_id,
        DEFAULT_OFFER_SECONDS if queue is None else queue.offer_seconds,
        _grounds(found, line, now),
        queue is not None and queue.auto_accept,
        agent.interrupted_by(order.facts),
    )
    book.promise(order, agent, now, is_theirs=offer.auto_accept)
    return offer


def _grounds(found: Match, line: Line, now: datetime) -> Grounds:
    order, agent, facts = found.order.facts, found.agent, found.agent.facts
    assert facts is not None  # noqa: S101  # nobody is chosen unknown
    choice = line.requirement.choice if found.has_rivals and line.only is None else None
    figure = 0
    if choice is AgentChoice.LONGEST_IDLE:
        figure = max(0, int((now - facts.idle_since).total_seconds()))
    elif choice is AgentChoice.LEAST_LOADED:
        figure = sum(agent.used.values())
    levels: tuple[tuple[str, int], ...] = ()
    if choice is AgentChoice.BEST_SKILL:
        known = facts.skills
        levels = tuple((each, known[each]) for each in sorted(order.skills) if each in known)
    return Grounds(
        queue_id=order.queue_id,
        by_queue_id=_served_through(facts, line.requirement),
        choice=choice,
        figure=figure,
        levels=levels,
        channel=order.channel,
        used=agent.used.get(order.channel, 0),
        capacity=facts.capacity[order.channel],
        steps=found.order.steps,
        asked_before=times_refused(order, agent.user_id) if order.refusals else 0,
        is_preferred=line.only is not None,
        waited_seconds=max(0, int((now - order.virtual_start).total_seconds())),
    )


def _served_through(agent: AgentFacts, requirement: Requirement) -> QueueId | None:
    """The first of the required queues that they serve; None if a team let them in."""
    if len(requirement.queue_ids) == 1 and not requirement.team_ids:
        return requirement.queue_ids[0]
    serves = {each.queue_id for each in agent.serves}
    return next((queue_id for queue_id in requirement.queue_ids if queue_id in serves), None)


def _key_of_first(ranking: Ranking[Agent]) -> Key:
    return ranking.heap[0][0]


def _best_graded(line: Line, free: list[Ranking[Agent]]) -> Ranking[Agent]:
    return min(free, key=lambda ranking: (line.grades[ranking], ranking.heap[0][0]))


def _first_in_rank(lines: list[Line], bounds: Mapping[Line, Key]) -> tuple[Line, Key]:
    """Return the line whose next order comes first, and its rank.

    `bounds` holds the rank of the next one where the line's very first orders cannot be served.
    """
    if len(lines) == 1 and not bounds:
        return lines[0], lines[0].heap[0][0]
    ranks = [line.heap[0][0] for line in lines]
    if bounds:
        ranks = [max(rank, bounds.get(line, rank)) for line, rank in zip(lines, ranks, strict=True)]
    best = min(ranks)
    return lines[ranks.index(best)], best


def _served_by_somebody(
    sure: Iterable[Line], hungry: Mapping[Agent, set[ChannelKind]]
) -> list[Line]:
    """The lines that changed and those that the agents may serve, once each, if orders wait."""
    lines = dict.fromkeys(sure)
    for agent, channels in hungry.items():
        for line in agent.lines():
            if line.heap and line.is_open and line.channel in channels:
                lines[line] = None
    return list(lines)


def _somebody_takes(order: Order, free: list[Ranking[Agent]], now: datetime) -> bool:
    return any(_may_take(agent, order, now) for ranking in free for agent in ranking)


def _may_take(agent: Agent, order: Order, now: datetime) -> bool:
    if agent.free_units(order.facts.channel) < order.facts.units:
        return False
    return not is_passed_over(order.facts, agent.user_id, now)
