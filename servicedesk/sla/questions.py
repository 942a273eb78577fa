"""Questions to a calendar as lines of JSON, and their answers: what `sla compute` reads."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from servicedesk.sla.calendar.arithmetic import Calendar

_MOST_SECONDS = 10**11  # three thousand years: far more is a slip of the hand, not a question


def _within_reach(seconds: int) -> int:
    if abs(seconds) > _MOST_SECONDS:
        raise ValueError(f"{seconds} seconds are more than any calendar holds")
    return seconds


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # a case may carry its own notes


class Add(_Question):
    op: Literal["add"]
    start: AwareDatetime
    seconds: Annotated[int, Field(strict=True), AfterValidator(_within_reach)]


class Between(_Question):
    op: Literal["between"]
    start: AwareDatetime
    end: AwareDatetime


class IsOpen(_Question):
    op: Literal["is_open"]
    at: AwareDatetime


class NextOpen(_Question):
    op: Literal["next_open"]
    at: AwareDatetime


Question = Annotated[Add | Between | IsOpen | NextOpen, Field(discriminator="op")]
Answer = str | int | float | bool

_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


def read_question(case: object) -> Question:
    """Return the question in one case; raises pydantic's ValidationError."""
    return _QUESTION.validate_python(case)


def answer(calendar: Calendar, question: Question) -> Answer:
    """Answer: an instant as ISO 8601 in UTC, a length in seconds, or true or false.

    Raises NeverOpens or TimeOutOfRange where there is no answer.
    """
    match question:
        case Add():
            return instant_text(calendar.add(question.start, question.seconds))
        case Between():
            return seconds_of(calendar.between(question.start, question.end))
        case IsOpen():
            return calendar.is_open(question.at)
        case NextOpen():
            return instant_text(calendar.next_open(question.at))
        case _:
            assert_never(question)


def instant_text(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC, with as many decimals as it needs."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def seconds_of(length: timedelta) -> int | float:
    """Return whole seconds as an int, so that JSON shows 3600 and not 3600.0."""
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
