"""The IANA time zones, from the package `tzdata` and from nowhere else.

A desk of several processes must agree on every instant, and a certificate must be checkable later:
so the rules come with the dependencies, never from whatever the machine has in /usr/share.
"""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata

from servicedesk.sla.errors import CalendarInvalid

ZONE_DATA_VERSION: str = tzdata.IANA_VERSION
"""The release of the IANA time zone database that every calculation here uses, e.g. "2026a"."""


@cache
def zone_names() -> frozenset[str]:
    """Return every name that `find_zone` knows, aliases included."""
    text = resources.files(tzdata).joinpath("zones").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def find_zone(name: str) -> ZoneInfo:
    """Return the zone; raise CalendarInvalid if IANA has none of this name."""
    if name not in zone_names():
        raise CalendarInvalid(
            f"There is no time zone {name!r}. Write an IANA name such as Europe/Berlin or Etc/UTC.",
            time_zone=name,
        )
    path = resources.files(tzdata).joinpath("zoneinfo", *name.split("/"))
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
