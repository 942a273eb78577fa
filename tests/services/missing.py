"""What a test run could not have, and whether that fails the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

FORGIVEN = frozenset({"foreign cases"})


class ServiceMissing(Exception):
    """Something that tests need can be neither found, started nor installed here."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"no {service}: {reason}")
        self.service = service
        self.reason = reason


def list_not_run(skip_reasons: Iterable[str]) -> list[str]:
    """One line per reason that tests were skipped for, most tests first."""
    return [
        f"{count} {'test' if count == 1 else 'tests'} not run: {reason}"
        for reason, count in Counter(skip_reasons).most_common()
    ]


def is_forgiven(skip_reason: str) -> bool:
    """May it be absent even where everything is required? Only what is not ours to give."""
    return any(skip_reason.startswith(f"no {service}:") for service in FORGIVEN)
