"""Keyset pages: a list, and an opaque cursor to what follows."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from servicedesk.kernel.http.problems import FieldFault, InvalidRequest

Item = TypeVar("Item")
Place = TypeVar("Place", bound=tuple[Any, ...])

MOST_PER_PAGE = 100
DEFAULT_PER_PAGE = 50
LARGEST_INTEGER = 2**63 - 1
"""What a BIGINT column holds."""


class Listing(BaseModel, Generic[Item]):
    """One page of a list. `next` goes into the query's `cursor`; null means this is the end."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    items: list[Item]
    next: str | None


class PageWanted(Protocol):
    """Which page the query asks for."""

    @property
    def cursor(self) -> str | None: ...

    @property
    def limit(self) -> int: ...


class Cursor(Generic[Place]):
    """Writes and reads the places of one kind of list.

    `kind` is the type of a place, in the order of the list's keys: `tuple[str, UUID]`. Cursors are
    not signed: a place grants nothing, every page is filtered anew.
    """

    def __init__(self, kind: type[Place]) -> None:
        self._adapter = TypeAdapter(kind)

    def encode(self, place: Place) -> str:
        return base64.urlsafe_b64encode(self._adapter.dump_json(place)).rstrip(b"=").decode()

    def decode(self, cursor: str | None) -> Place | None:
        """Return the place, None without a cursor; raise InvalidRequest for one we never gave."""
        if cursor is None:
            return None
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            place = self._adapter.validate_json(
                base64.b64decode(padded, altchars=b"-_", validate=True), strict=True
            )
            for key in place:
                _check_storable(key)
        except (ValidationError, binascii.Error, ValueError, OverflowError):
            fault = FieldFault(path="cursor", message="not a cursor of this list")
            raise InvalidRequest(
                "The cursor was not given out by this list. Start again without one.", [fault]
            ) from None
        return place


def _check_storable(key: object) -> None:
    """Raise ValueError or OverflowError for a value that no column holds: it was never given out.

    PostgreSQL takes no NUL in text, no integer beyond 64 bits, no time beyond its calendar.
    """
    match key:
        case int() if abs(key) > LARGEST_INTEGER:
            raise OverflowError
        case str() if "\0" in key:
            raise ValueError
        case datetime():
            if key.tzinfo is None:
                raise ValueError
            key.astimezone(UTC)


def cut_page(
    found: Sequence[Item], limit: int, place_of: Callable[[Item], str]
) -> tuple[list[Item], str | None]:
    """Make a page from up to `limit + 1` found items: the items, and the cursor if more follow."""
    items = list(found[:limit])
    return items, place_of(items[-1]) if len(found) > limit and items else None


def page_of_all(
    things: Iterable[Item],
    wanted: PageWanted,
    cursor: Cursor[Place],
    key: Callable[[Item], Place],
) -> tuple[list[Item], str | None]:
    """Make the wanted page of a short list that is in memory as a whole, ordered by `key`."""
    after = cursor.decode(wanted.cursor)
    found = sorted((thing for thing in things if after is None or key(thing) > after), key=key)
    return cut_page(found, wanted.limit, lambda thing: cursor.encode(key(thing)))
