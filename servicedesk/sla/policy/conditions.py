"""Conditions on what is known of a ticket, its contact and their organization."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from servicedesk.sla.errors import PolicyInvalid

Value = str | int | tuple[str, ...] | None
Facts = Mapping[str, Value]
"""By "group.name", such as "ticket.channel" or "organization.tier"; ids as text, priority as its
number, tags as a tuple. What is not in it is not known, and treated like None."""

GROUPS = ("ticket", "contact", "organization")


class Operator(StrEnum):
    IS = "is"  # one of the values; of a list: it has one of them
    IS_NOT = "is_not"  # none of them
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    CONTAINS = "contains"  # one of the values, in a text (any case) or a list
    IS_SET = "is_set"
    IS_EMPTY = "is_empty"


_WITHOUT_VALUES = frozenset({Operator.IS_SET, Operator.IS_EMPTY})
_NUMERIC = frozenset({Operator.AT_LEAST, Operator.AT_MOST})


@dataclass(frozen=True, slots=True)
class Condition:
    """One claim about one field. Raises PolicyInvalid if it could never be judged."""

    field: str
    operator: Operator
    values: tuple[str | int, ...] = ()

    def __post_init__(self) -> None:
        if self.field.partition(".")[0] not in GROUPS or "." not in self.field:
            raise PolicyInvalid(
                f"{self.field!r} is no field: write ticket., contact. or organization. and a name."
            )
        if bool(self.values) == (self.operator in _WITHOUT_VALUES):
            needs = "no value" if self.operator in _WITHOUT_VALUES else "at least one value"
            raise PolicyInvalid(f"{self.field} {self.operator.value} takes {needs}.")
        numbers = len(self.values) == 1 and isinstance(self.values[0], int)
        if self.operator in _NUMERIC and not numbers:
            raise PolicyInvalid(f"{self.field} {self.operator.value} takes exactly one number.")


def holds(condition: Condition, facts: Facts) -> bool:
    """Is the claim true? A field that is not known is empty, and is none of the values."""
    found = facts.get(condition.field)
    match condition.operator:
        case Operator.IS:
            return _is_one_of(condition.values, found)
        case Operator.IS_NOT:
            return not _is_one_of(condition.values, found)
        case Operator.AT_LEAST:
            return isinstance(found, int) and found >= _number(condition)
        case Operator.AT_MOST:
            return isinstance(found, int) and found <= _number(condition)
        case Operator.CONTAINS:
            return any(_is_in(value, found) for value in condition.values)
        case Operator.IS_SET:
            return not _is_empty(found)
        case Operator.IS_EMPTY:
            return _is_empty(found)
        case _:
            assert_never(condition.operator)


def _number(condition: Condition) -> int:
    return int(condition.values[0])


def _is_one_of(values: tuple[str | int, ...], found: Value) -> bool:
    if isinstance(found, tuple):
        return any(value in found for value in values)
    return found in values


def _is_empty(found: Value) -> bool:
    return found is None or found in ("", ())


def _is_in(value: str | int, found: Value) -> bool:
    if isinstance(found, tuple):
        return value in found
    return isinstance(found, str) and str(value).casefold() in found.casefold()
