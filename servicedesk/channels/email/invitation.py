"""A calendar invitation (RFC 5545, 5546) in words: what, when, where, who.

Only what a reader needs is taken, line by line, so that no odd calendar can fail: the file itself
stays with the mail.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from servicedesk.channels.email.charsets import decode
from servicedesk.channels.email.mime import Part
from servicedesk.channels.email.part_facts import is_attachment, part_name

CALENDAR_TYPES = ("text/calendar", "application/ics")
LOOKED_AT_BYTES = 100_000
MOST_PEOPLE = 20
LINE = re.compile(r"([A-Za-z-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)?)*):(.*)", re.DOTALL)
FOLD = re.compile(r"\r?\n[ \t]")
PARAMETER = re.compile(r";([A-Za-z-]+)=(?:\"([^\"]*)\"|([^;:\"]*))")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
INSTANT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "ADD": "One more date",
    "DECLINECOUNTER": "The proposed time is declined",
}


@dataclass(slots=True)
class _Event:
    method: str = ""
    values: dict[str, str] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)


def is_calendar(part: Part) -> bool:
    """By its type, or by its name where the type says nothing."""
    if part.content_type == "application/octet-stream":
        return part_name(part).lower().endswith(".ics")
    return part.content_type in CALENDAR_TYPES


def describe_invitation(root: Part, *, has_text: bool) -> str:
    """The invitation as lines of text, "" if the mail is none.

    A calendar file without a method is a file like any other, unless the mail says nothing else.
    """
    part = next((leaf for leaf in _leaves(root) if is_calendar(leaf)), None)
    if part is None:
        return ""
    event = _read(part)
    if not event.values or (event.method not in METHODS and (has_text or is_attachment(part))):
        return ""
    return "\n".join(_lines(event))


def _leaves(part: Part) -> Iterator[Part]:
    if part.is_multipart:
        for child in part.children:
            yield from _leaves(child)
    else:
        yield part


def _read(part: Part) -> _Event:
    """The first event (or task) of a calendar."""
    text = decode(part.content()[:LOOKED_AT_BYTES], part.parameters.get("charset", "utf-8")).text
    event = _Event(method=part.parameters.get("method", "").upper())
    inside = 0
    for line in FOLD.sub("", text).replace("\r", "").split("\n"):
        found = LINE.match(line)
        if found is None:
            continue
        name, value = found[1].upper(), found[3].strip()
        if name == "METHOD" and not event.method:
            event.method = value.upper()
        elif name == "BEGIN" and (inside or value.upper() in ("VEVENT", "VTODO")):
            inside += 1
        elif name == "END" and inside:
            inside -= 1
            if not inside:
                break
        elif inside == 1:
            _take(event, name, found[2], value)
    return event


def _take(event: _Event, name: str, parameters: str, value: str) -> None:
    if name in ("ORGANIZER", "ATTENDEE"):
        if len(event.people) < MOST_PEOPLE:
            event.people.append(_person(name, _parameters(parameters), value))
    elif name in ("DTSTART", "DTEND", "DUE"):
        event.values.setdefault(name, _instant(value, _parameters(parameters).get("TZID", "")))
    elif name in ("SUMMARY", "LOCATION", "STATUS", "DESCRIPTION"):
        event.values.setdefault(name, _unescape(value))


def _parameters(text: str) -> dict[str, str]:
    return {name.upper(): quoted or bare for name, quoted, bare in PARAMETER.findall(text)}


def _person(role: str, parameters: dict[str, str], value: str) -> str:
    address = re.sub(r"(?i)^mailto:", "", value)
    name = parameters.get("CN", "")
    person = f"{name} <{address}>" if name and name != address else address
    if role == "ORGANIZER":
        return f"{person} (organizer)"
    answer = parameters.get("PARTSTAT", "").lower().replace("needs-action", "").replace("-", " ")
    return f"{person} ({answer})" if answer else person


def _instant(value: str, zone: str) -> str:
    """ "2026-07-15 10:00 (Europe/Berlin)", as it is written: nobody's own zone is known here."""
    found = INSTANT.match(value)
    if found is None:
        return value
    year, month, day, hour, minute, is_utc = found.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    zone = "UTC" if is_utc else zone
    return f"{year}-{month}-{day} {hour}:{minute}" + (f" ({zone})" if zone else "")


def _unescape(value: str) -> str:
    return ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _lines(event: _Event) -> Iterator[str]:
    values = event.values
    yield f"{METHODS.get(event.method, 'Event')}: {values.get('SUMMARY', '')}".rstrip()
    start, end = values.get("DTSTART", ""), values.get("DTEND") or values.get("DUE", "")
    if start or end:
        yield f"When: {' – '.join(instant for instant in (start, end) if instant)}"
    if values.get("LOCATION"):
        yield f"Where: {values['LOCATION']}"
    if event.people:
        yield f"Who: {', '.join(event.people)}"
    if values.get("DESCRIPTION"):
        yield f"\n{values['DESCRIPTION']}"
