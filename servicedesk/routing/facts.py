"""Snapshots of routing's rows, as the stores load them and the engine reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import DivertCause, OfferHow, OfferState, OrderState, Stuck


class QueueOrder(StrEnum):
    """Which of a queue's orders is served next. Every one keeps the age that an order has."""

    PRIORITY_FIFO = "priority_fifo"  # the more urgent, then the older: low ones may wait for ever
    SLA_SLACK = "sla_slack"  # what is due soonest; what nobody promised, days after it came
    AGE_SCORE = "age_score"  # age plus minutes for each level of priority: nothing waits for ever


class AgentChoice(StrEnum):
    """Which of several agents who could take an order is asked."""

    LONGEST_IDLE = "longest_idle"
    LEAST_LOADED = "least_loaded"  # fewest units in use, on all channels
    ROUND_ROBIN = "round_robin"  # whose turn is longest ago
    BEST_SKILL = "best_skill"  # highest levels in the skills that the order needs


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What else is done for an order than to let it wait. Whoever commits decisions does it.

    `overflow_to`: it goes on to wait there, at its old place. `turn_away`: it ends. With neither it
    stays in line. `tell` names the text that its contact is told.
    """

    overflow_to: QueueId | None = None
    offer_callback: bool = False
    tell: str | None = None
    turn_away: bool = False

    @property
    def is_something(self) -> bool:
        return self != NOTHING_ELSE

    @property
    def takes_away(self) -> bool:
        """Does the order leave its line?"""
        return self.turn_away or self.overflow_to is not None


NOTHING_ELSE = Elsewhere()


@dataclass(frozen=True, slots=True)
class QueueStep:
    """What becomes different once an order has waited `after_seconds` since its virtual start.

    Steps add up. `lower_skills` gives new least levels, 0 drops the skill; `also_queues` name
    queues, `also_teams` teams whose agents may take the order too. `then` is done once.
    """

    after_seconds: int
    lower_skills: Mapping[str, int] = field(default_factory=dict)
    raise_priority: int = 0
    also_queues: tuple[QueueId, ...] = ()
    also_teams: tuple[TeamId, ...] = ()
    then: Elsewhere = NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class Hours:
    """Is the queue open now, and when does that change? None: not before `ask_again_at`, and if
    that is None too, never again.

    The engine counts in instants; whoever feeds it asks the calendar, again when it says so.
    """

    is_open: bool
    changes_at: datetime | None = None
    ask_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sticky:
    """Whom the desk prefers for new work, for so long: a rule's choice, else, if `account_agent`,
    who looks after the contact or its organization, else, if `last_agent`, who handled the
    contact's last order of the queue. The engine only sees what came of it."""

    seconds: int
    last_agent: bool = True
    account_agent: bool = False


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """`offer_seconds`: how long an agent has to answer an offer from this queue.

    `priority_minutes`: under `age_score`, how much age one level of priority is worth. `steps` in
    the order of their seconds. `hours` None: always open; outside them nobody is asked, and
    `outside` is done. `overflow` is done for whoever comes when `max_length` orders wait already,
    and for whoever has waited `max_wait_seconds`. `most_refusals`: after how many an order is left
    to the supervisors. A limit that is None is none. `sticky` and `wrap_up_…` are for
    the stories.
    """

    id: QueueId
    name: str
    team_id: TeamId
    offer_seconds: int
    active: bool
    version: int = 1
    order: QueueOrder = QueueOrder.PRIORITY_FIFO
    choice: AgentChoice = AgentChoice.LONGEST_IDLE
    priority_minutes: int = 30
    steps: tuple[QueueStep, ...] = ()
    auto_accept: bool = False
    hours: Hours | None = None
    outside: Elsewhere = NOTHING_ELSE
    max_length: int | None = None
    max_wait_seconds: int | None = None
    overflow: Elsewhere = NOTHING_ELSE
    most_refusals: int | None = None
    sticky: Sticky | None = None
    wrap_up_seconds: int = 0
    wrap_up_extension_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """An agent declined the order `times` times, last at `last_at`."""

    user_id: UserId
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """A work order. `owner_id` is who handles it (state active) or handled it (done). `due_at`:
    when the earliest promise about it falls due, None if none was made.

    `excluded` are the agents who declined it. When and how often is in `refusals`, which only the
    router's loader fills; `refused` counts refusals and timeouts since it was last put in line.
    `preferred_id`: who alone is asked until `preferred_until`, while they take work.
    `wrap_up_until` is set while its active owner finishes notes. `step`: how many of its queue's
    steps were acted upon; `diverted`: for which other causes something else was done already.
    """

    id: OrderId
    ticket_id: TicketId
    queue_id: QueueId
    channel: ChannelKind
    state: OrderState
    priority: int
    units: int
    owner_id: UserId | None
    virtual_start: datetime
    attempts: int
    skills: Mapping[str, int] = field(default_factory=dict)
    due_at: datetime | None = None
    excluded: tuple[UserId, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    refused: int = 0
    preferred_id: UserId | None = None
    preferred_until: datetime | None = None
    wrap_up_until: datetime | None = None
    step: int = 0
    diverted: frozenset[DivertCause] = frozenset()
    stuck: Stuck | None = None


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """A work order held out to one agent until `deadline` (database time)."""

    id: OfferId
    order_id: OrderId
    ticket_id: TicketId
    user_id: UserId
    state: OfferState
    deadline: datetime
    how: OfferHow = OfferHow.OFFERED


@dataclass(frozen=True, slots=True)
class Serving:
    """A queue that an agent serves. Among an agent's queues one of larger `priority` comes first,
    whatever waits in the others; orders come to the agent once they have waited `delay_seconds`.

    (A routing profile as in Amazon Connect, field notes 2.3, but there 1 comes before 2.)
    """

    queue_id: QueueId
    priority: int = 0
    delay_seconds: int = 0


EXCLUSIVE = frozenset({ChannelKind.VOICE})
INTERRUPTIBLE = frozenset({ChannelKind.EMAIL})


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """Who may be offered what. `available` is False for whoever takes no work now, for any reason.

    `capacity` is in units per channel; a channel that is missing takes nothing. What is used of it
    is not here: the engine adds it up from the orders it knows. On channels that are `closed` they
    take nothing now. An order on an `exclusive` channel fills the agent: they get nothing beside
    it, and get it only when all they have is `interruptible`.
    """

    user_id: UserId
    available: bool
    idle_since: datetime
    serves: tuple[Serving, ...]
    capacity: Mapping[str, int]
    skills: Mapping[str, int] = field(default_factory=dict)
    team_ids: frozenset[TeamId] = frozenset()
    closed: frozenset[ChannelKind] = frozenset()
    exclusive: frozenset[ChannelKind] = EXCLUSIVE
    interruptible: frozenset[ChannelKind] = INTERRUPTIBLE
