"""What the stories of the engine are made of: queues, steps, limits and profiles, as strategies."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hypothesis import strategies as st

from servicedesk.domain.ids import QueueId, TeamId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.facts import Elsewhere, Hours, QueueStep, Serving

QUEUES = [QueueId(UUID(int=number)) for number in (1, 2, 3)]
TEAMS = [TeamId(UUID(int=number)) for number in (11, 12)]
CHANNELS = [ChannelKind.EMAIL, ChannelKind.CHAT, ChannelKind.VOICE]
SKILLS = st.dictionaries(st.sampled_from(["german", "billing"]), st.integers(1, 3), max_size=2)
SECONDS = st.integers(0, 400)
PICK = st.integers(0, 1_000)
ELSEWHERE = st.sampled_from(
    [
        Elsewhere(),
        Elsewhere(tell="patience"),
        Elsewhere(offer_callback=True),
        Elsewhere(turn_away=True),
        *(Elsewhere(overflow_to=queue) for queue in QUEUES),
    ]
)
STEPS = st.lists(
    st.builds(
        QueueStep,
        after_seconds=SECONDS,
        lower_skills=st.dictionaries(st.sampled_from(["german"]), st.integers(0, 2)),
        raise_priority=st.integers(0, 2),
        also_queues=st.lists(st.sampled_from(QUEUES), max_size=1).map(tuple),
        also_teams=st.lists(st.sampled_from(TEAMS), max_size=1).map(tuple),
        then=ELSEWHERE,
    ),
    max_size=2,
)
SERVES = st.lists(
    st.builds(
        Serving, st.sampled_from(QUEUES), st.integers(0, 2), st.sampled_from([0, 0, 0, 60, 200])
    ),
    max_size=3,
    unique_by=lambda serving: serving.queue_id,
).map(lambda found: tuple(sorted(found, key=lambda serving: serving.queue_id)))


@dataclass(frozen=True)
class Limits:
    """The part of a queue's settings that says when something else is done."""

    hours: Hours | None
    outside: Elsewhere
    max_length: int | None
    max_wait_seconds: int | None
    overflow: Elsewhere
    most_refusals: int | None


NO_LIMITS = Limits(None, Elsewhere(), None, None, Elsewhere(), None)
LIMITS = st.one_of(
    st.just(NO_LIMITS),
    st.builds(
        Limits,
        hours=st.none() | st.builds(Hours, st.booleans(), st.none()),
        outside=ELSEWHERE,
        max_length=st.none() | st.integers(0, 3),
        max_wait_seconds=st.none() | SECONDS,
        overflow=ELSEWHERE,
        most_refusals=st.none() | st.integers(1, 3),
    ),
)
