"""The work came in at these hours of the week."""

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from servicedesk.routing.rules.condition import Settings
from servicedesk.routing.rules.rule import ClassifyFacts
from servicedesk.sla.errors import CalendarInvalid
from servicedesk.sla.zones import find_zone

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _a_zone(name: str) -> str:
    try:
        find_zone(name)
    except CalendarInvalid:
        raise ValueError("write an IANA name such as Europe/Berlin") from None
    return name


ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_a_zone)]


class TimeOfDay(Settings):
    """From `start` until `end` (which is not within), by the clock of the zone. An `end` that is
    not after `start` is on the next day; `days` are those on which the hours begin."""

    kind: Literal["time_of_day"]
    days: Annotated[list[Day], Field(min_length=1, max_length=7)]
    start: Clock
    end: Clock
    time_zone: ZoneName

    def holds(self, facts: ClassifyFacts) -> bool:
        local = facts.at.astimezone(find_zone(self.time_zone))
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        today, now = local.weekday(), local.time()
        if start < end:
            return self._begins_on(today) and start <= now < end
        if now >= start:
            return self._begins_on(today)
        return now < end and self._begins_on(today - 1)

    def _begins_on(self, weekday: int) -> bool:
        return DAYS[weekday % 7] in self.days
