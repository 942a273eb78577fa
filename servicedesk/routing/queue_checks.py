"""What a queue's settings may not say, and what is doubtful about them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from servicedesk.domain.errors import BadInput
from servicedesk.routing.queue_settings import ElsewhereSettings, QueueSettings, StepSettings


class QueueFlawCode(StrEnum):
    NOBODY_SERVES = "nobody_serves"  # its orders wait for ever
    STEP_ADDS_NOBODY = "step_adds_nobody"  # no agent comes with the step's queues and teams: {step}
    LOW_MAY_WAIT = "low_may_wait"  # under priority_fifo what is less urgent may wait for ever


@dataclass(frozen=True, slots=True)
class QueueFlaw:
    """`params`: `step` counts from 1."""

    code: QueueFlawCode
    params: Mapping[str, object]


def check_form(settings: QueueSettings, queue_id: UUID) -> None:
    """Raise BadInput, naming the step, for one that is out of order, does nothing or is never
    reached: a step order that can never match anyone."""
    before: StepSettings | None = None
    for place, step in enumerate(settings.steps):
        _check_step(place, step, before)
        if queue_id in step.also_queues or step.overflow_to == queue_id:
            _refuse(
                f"Step {place + 1} names the queue itself. Choose another queue.",
                f"settings.steps.{place}",
            )
        before = step
    _check_lowering(settings.steps)
    _check_limits(settings)
    for name, elsewhere in (("overflow", settings.overflow), ("outside", settings.outside)):
        _check_end(elsewhere, f"settings.{name}")


def _check_step(place: int, step: StepSettings, before: StepSettings | None) -> None:
    path, name = f"settings.steps.{place}", f"Step {place + 1}"
    if before is not None and step.after_seconds <= before.after_seconds:
        _refuse(f"{name} comes no later than the one before it. Put the steps in order.", path)
    if before is not None and before.takes_away:
        _refuse(f"{name} is never reached: the one before it takes the order away.", path)
    if not step.does_something:
        _refuse(f"{name} changes nothing. Say what it does, or remove it.", path)
    _check_end(step, path)


def _check_end(elsewhere: ElsewhereSettings, path: str) -> None:
    if not elsewhere.turn_away:
        return
    if elsewhere.overflow_to is not None:
        _refuse("An order cannot both go on and be turned away.", path)
    if elsewhere.tell is not None or elsewhere.offer_callback:
        _refuse(
            "Whoever is turned away waits no longer: they cannot be told that they wait, nor be "
            "asked about a call. Choose one of the two.",
            path,
        )


def _check_limits(settings: QueueSettings) -> None:
    ends = settings.overflow.takes_away
    limit = settings.max_wait_seconds
    if (limit is not None or settings.max_length is not None) and not ends:
        _refuse(
            "A limit needs something that happens: choose a queue for the rest, or turn it away.",
            "settings.overflow",
        )
    for place, step in enumerate(settings.steps):
        if limit is not None and step.after_seconds >= limit:
            _refuse(
                f"Step {place + 1} is never reached: no order waits longer than {limit} seconds.",
                f"settings.steps.{place}",
            )
    if settings.outside.is_something and settings.calendar_id is None:
        _refuse("Without hours there is no outside. Choose a calendar.", "settings.calendar_id")


def find_queue_flaws(
    settings: QueueSettings,
    serving: Iterable[UUID],
    added_by_step: Mapping[int, Iterable[UUID]],
) -> list[QueueFlaw]:
    """Return what is doubtful. `serving` are the agents of the queue, `added_by_step` those whom
    the queues and teams of each step bring, by its place from 0."""
    found = [] if list(serving) else [QueueFlaw(QueueFlawCode.NOBODY_SERVES, {})]
    for place, step in enumerate(settings.steps):
        widens = step.also_queues or step.also_teams
        if widens and not list(added_by_step.get(place, ())):
            found.append(QueueFlaw(QueueFlawCode.STEP_ADDS_NOBODY, {"step": place + 1}))
    if settings.ordering == "priority_fifo":
        found.append(QueueFlaw(QueueFlawCode.LOW_MAY_WAIT, {}))
    return found


def _check_lowering(steps: Iterable[StepSettings]) -> None:
    reached: dict[str, int] = {}
    for place, step in enumerate(steps):
        for skill, level in step.lower_skills.items():
            if level >= reached.get(skill, 6):
                _refuse(
                    f"Step {place + 1} lowers {skill!r} to {level}, but an earlier one went to "
                    f"{reached[skill]} already.",
                    f"settings.steps.{place}.lower_skills",
                )
            reached[skill] = level


def _refuse(words: str, path: str) -> None:
    raise BadInput(words, path=path)
