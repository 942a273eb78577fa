"""Shares of what was right, with the name of each miss, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Score:
    """`misses` are ids and why, "id: why". What is no goal is told without them."""

    source: str
    measure: str
    is_goal: bool = True
    right: int = 0
    asked: int = 0
    misses: list[str] = field(default_factory=list)

    def judge(self, *, right: bool, miss: str) -> None:
        self.asked += 1
        self.right += right
        if not right:
            self.misses.append(miss)

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 1.0


def total_share(scores: Iterable[Score]) -> float:
    """Of all fields together, each counting once."""
    counted = list(scores)
    asked = sum(score.asked for score in counted)
    return sum(score.right for score in counted) / asked if asked else 1.0


def as_table(scores: Iterable[Score]) -> str:
    """Markdown, a row for each score; what was missed of a goal stands in the last column."""
    lines = ["| set | measure | right | share | missed |", "| --- | --- | --- | --- | --- |"]
    for score in scores:
        misses = score.misses if score.is_goal else []
        missed = ", ".join(dict.fromkeys(miss.split(":", 1)[0] for miss in misses))
        lines.append(
            f"| {score.source} | {score.measure} | {score.right} of {score.asked} "
            f"| {score.share:.1%} | {missed} |"
        )
    return "\n".join(lines)
