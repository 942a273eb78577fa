"""What a check of the doctor says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`fine` False: the desk will not work as it should, and `words` say what to do."""

    fine: bool
    words: str
