"""Can every target be reached by every calendar? Whoever saves either is told if not.

A due instant decades ahead is a slip of the pen, and beyond the year 2499 none can be worked out.
Any calendar may become that of a queue, so each is held against each policy.
"""

from collections.abc import Iterable

from servicedesk.kernel.sql import Sql, as_dict
from servicedesk.sla.calendar.hours import Hours
from servicedesk.sla.calendar.reading import CalendarDocument, hours_of
from servicedesk.sla.errors import NeverOpens, TimeOutOfRange
from servicedesk.sla.policy.documents import PolicyDocument, read_document
from servicedesk.sla.policy.policies import Counting

FARTHEST_YEARS = 50
_FARTHEST_WEEKS = FARTHEST_YEARS * 365 // 7


def refuse_out_of_reach(hours: Hours, working_seconds: int, name: str = "This calendar") -> None:
    """Raise NeverOpens or TimeOutOfRange if so much working time takes more than 50 years of
    ordinary weeks. It counts by division: nothing is listed, whatever was asked."""
    a_week = sum(period.closes - period.opens for day in hours.week for period in day)
    if not a_week:
        raise NeverOpens(f"{name} has no hours on any weekday, so this would never be due.")
    if working_seconds > a_week * _FARTHEST_WEEKS:
        raise TimeOutOfRange(
            f"{name} has {a_week / 3_600:g} hours a week: {working_seconds / 3_600:g} working "
            f"hours would be due in more than {FARTHEST_YEARS} years. Write a shorter target or "
            "step, or give the calendar more hours."
        )


async def check_policy_reach(sql: Sql, document: PolicyDocument) -> None:
    """Raise TimeOutOfRange unless every calendar reaches the policy's targets and steps."""
    longest = _longest(document)
    for name, hours in await _calendars(sql):
        refuse_out_of_reach(hours, longest, f"The calendar {name!r}")


async def check_calendar_reach(sql: Sql, document: CalendarDocument) -> None:
    """Raise NeverOpens or TimeOutOfRange unless the hours reach what every policy promises."""
    longest = max(map(_longest, await _policies(sql)), default=0)
    refuse_out_of_reach(hours_of(document), longest)


def _longest(document: PolicyDocument) -> int:
    """Return the working seconds to the last step of the slowest target in business time."""
    return max((max(_ends(document, place)) for place in range(len(document.targets))), default=0)


def _ends(document: PolicyDocument, place: int) -> Iterable[int]:
    target = document.targets[place]
    if target.counting is not Counting.BUSINESS_TIME:
        return [0]
    steps = (step for step in document.ladder if step.counts_for(target.metric))
    offsets = (step.offset_from_due(target.seconds).total_seconds() for step in steps)
    return [target.seconds, *(target.seconds + int(offset) for offset in offsets)]


async def _calendars(sql: Sql) -> list[tuple[str, Hours]]:
    rows = await sql.fetch(
        "SELECT one.name, newest.document FROM calendar one JOIN calendar_version newest "
        "ON newest.calendar_id = one.id AND newest.revision = one.revision "
        "WHERE one.archived_at IS NULL ORDER BY one.name"
    )
    documents = (CalendarDocument.model_validate(as_dict(row["document"])) for row in rows)
    return [(row["name"], hours_of(one)) for row, one in zip(rows, documents, strict=True)]


async def _policies(sql: Sql) -> list[PolicyDocument]:
    rows = await sql.fetch(
        "SELECT newest.document FROM sla_policy one JOIN sla_policy_version newest "
        "ON newest.policy_id = one.id AND newest.revision = one.revision "
        "WHERE one.archived_at IS NULL ORDER BY one.place"
    )
    return [read_document(as_dict(row["document"])) for row in rows]
