"""What may be typed into the fields of requests, as types that the API's document shows."""

from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from servicedesk.kernel.http.pages import DEFAULT_PER_PAGE, MOST_PER_PAGE

Item = TypeVar("Item")

NO_CONTROLS = r"^[^\u0000-\u001f\u007f]*$"
"""One line: no line breaks, and no NUL, which PostgreSQL does not take."""
NO_NUL = r"^[^\u0000]*$"
EMAIL = r"^[^@\u0000-\u0020\u007f-\u00a0]{1,64}@[^@\u0000-\u0020\u007f-\u00a0]{1,180}$"
"""Spelled out, for what \\s means differs between the languages that read the document."""


class Body(BaseModel):
    """A request body: strict, and nothing in it that is not described."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Query(BaseModel):
    """A query: as strict, read from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PageQuery(Query):
    """Which page of a list. `cursor` is the `next` of the page before."""

    cursor: str | None = Field(None, max_length=500)
    limit: int = Field(DEFAULT_PER_PAGE, ge=1, le=MOST_PER_PAGE)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be an IANA time zone such as Europe/Berlin") from None
    return name


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=NO_CONTROLS),
    AfterValidator(_not_blank),
]
EmailAddress = Annotated[str, StringConstraints(max_length=254, pattern=EMAIL)]
TimeZone = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_time_zone)
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
"""As typed. How strong a new one must be is people/passwords' rule, not a matter of form."""
Ids = Annotated[list[Item], Field(max_length=1000)]
