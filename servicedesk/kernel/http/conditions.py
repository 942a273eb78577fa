"""Conditional writes: If-Match names the version the caller has seen (RFC 9110 §13.1.1)."""

import re

from servicedesk.domain.errors import VersionMismatch
from servicedesk.kernel.http.problems import FieldFault, InvalidRequest, PreconditionRequired

_STRONG_TAG = re.compile(r'^"([0-9]{1,9})"$')


def entity_tag(version: int) -> str:
    return f'"{version}"'


def expected_version(if_match: str | None) -> int:
    """Return the version in If-Match.

    Raises PreconditionRequired without the header, InvalidRequest when it names no version of ours.
    """
    if if_match is None:
        raise PreconditionRequired(
            'This write needs If-Match with the version it was made for, as in If-Match: "3". '
            "The version is in the thing itself and in the ETag of each answer."
        )
    match = _STRONG_TAG.match(if_match.strip())
    if match is None:
        fault = FieldFault(path="If-Match", message='must be one version in quotes, as in "3"')
        raise InvalidRequest("If-Match names no version.", [fault])
    return int(match[1])


def check_version(expected: int, present: int) -> None:
    """Raise VersionMismatch when somebody else was faster."""
    if expected != present:
        raise VersionMismatch(
            f"It is at version {present} now, your change was made for version {expected}. "
            "Load it again and repeat the change if it still fits.",
            version=present,
        )
