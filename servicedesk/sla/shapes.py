"""What the API and the frames show of promises: policies, calendars, clocks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from servicedesk.domain.tickets import TicketStatus
from servicedesk.people.shapes import Shape
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.clock.explain import Told
from servicedesk.sla.clock.states import ClockState, Outcome, Reason
from servicedesk.sla.policy.documents import PolicyDocument
from servicedesk.sla.promises import Audience, Metric


class HolidayPlace(Shape):
    """Where holidays were taken from. `region` is the ISO 3166-2 part, such as BY."""

    country: str
    region: str | None


class CalendarValue(Shape):
    """`names`: of holidays, by their date. `revision`: of its hours; `version`: for If-Match."""

    id: UUID
    name: str
    is_default: bool
    document: CalendarDocument
    names: dict[str, str]
    sources: list[HolidayPlace]
    revision: int
    version: int
    created_at: datetime


class PolicyValue(Shape):
    """`place` orders the policies from 1 on; the first that fits holds."""

    id: UUID
    name: str
    place: int
    active: bool
    document: PolicyDocument
    revision: int
    version: int
    created_at: datetime


class PolicyPreview(Shape):
    """What a policy would promise if it held now. `looked_at`: the newest open tickets, all of them
    if `is_all`. Of those that it fits and of those that would be late, the first numbers."""

    looked_at: int
    is_all: bool
    fits: int
    late: int
    fitting_numbers: list[int]
    late_numbers: list[int]


class WebhookSecrets(Shape):
    """What the receiver at an address checks our signatures with (Standard Webhooks), the newest
    first; each of them signs."""

    url: str
    secrets: list[str]


class HolidayValue(Shape):
    """`day` as YYYY-MM-DD."""

    day: str
    name: str


class Holidays(Shape):
    """To be looked through before they count. Sorted by day."""

    holidays: list[HolidayValue]


class HolidayCountry(Shape):
    """An ISO 3166-1 code and the regions (ISO 3166-2 parts) that have holidays of their own."""

    country: str
    regions: list[str]


class HolidayCountries(Shape):
    countries: list[HolidayCountry]


class CalendarAnswer(Shape):
    """When so much working time has passed, and how much lies between start and then by the wall
    clock, in seconds."""

    start: datetime
    at: datetime
    wall_seconds: float
    is_open_at_start: bool


class ClockBadge(Shape):
    """A live clock, as lists show it. `due_at` is exact; null while it stands still.

    `calendar` names the version that it counts by ("id:revision"), null: every second counts. What
    is left of a running one is the working time until `due_at`; of one that stands still it is
    `left_seconds`. Both negative if it is late.
    """

    metric: Metric
    audience: Audience
    instance: int
    state: Literal[ClockState.RUNNING, ClockState.PAUSED]
    policy_id: UUID
    target_seconds: int
    calendar: str | None
    due_at: datetime | None
    breached_at: datetime | None
    left_seconds: float | None


class OpenWindow(Shape):
    """Working time from `opens` to just before `closes`."""

    opens: datetime
    closes: datetime


class OpenWindows(Shape):
    """All working time of a calendar version between two instants, in order, cut to them."""

    calendar: str
    start: datetime
    end: datetime
    windows: list[OpenWindow]


class ClockPassage(Shape):
    """What a clock did from `began` to `ended`; `dodges`: paused while the contact waited."""

    told: Told
    began: datetime
    ended: datetime
    counted_seconds: float
    calendar_name: str | None
    why: Reason | None
    dodges: bool


class ClockStory(Shape):
    """One clock of a ticket with everything it did. `outcome` null while it lives."""

    metric: Metric
    audience: Audience
    instance: int
    state: ClockState
    policy_id: UUID
    policy_name: str
    policy_version: int
    target_seconds: int
    counted_seconds: float
    started_at: datetime
    due_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    reason: Reason | None
    stands_still_in: list[TicketStatus]
    passages: list[ClockPassage]
    certified: bool


class EscalationStory(Shape):
    """A step that fired. `late_seconds`: how long after its instant."""

    id: UUID
    metric: Metric
    audience: Audience
    instance: int
    step: str
    due_at: datetime
    fired_at: datetime
    late_seconds: float
    suppressed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None


class TicketClocks(Shape):
    """All clocks of a ticket, the live ones first, then by their end, newest first."""

    ticket_id: UUID
    as_of: datetime
    clocks: list[ClockStory]
    escalations: list[EscalationStory]


class EscalationNotice(Shape):
    """Somebody is told of an escalation. It can be acknowledged until somebody has."""

    id: UUID
    escalation_id: UUID
    ticket_id: UUID
    ticket_number: int
    metric: Metric
    audience: Audience
    due_at: datetime
    created_at: datetime
    seen_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
