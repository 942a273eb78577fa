"""Examples of another router's manual, told to our engine and rules.

Rules here are settings, not expressions: what compares attributes of a task's own has no
counterpart, and is listed with the reason.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from servicedesk.domain.ids import ContactId, InboxId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.events import AgentChanged, OrderChanged, QueueChanged, Together
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import AgentChoice, AgentFacts, OrderFacts, QueueFacts, Serving
from servicedesk.routing.rules.language import LanguageIs
from servicedesk.routing.rules.rule import ClassifyFacts

Row = dict[str, Any]
NOON = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
QUEUE = QueueId(UUID(int=1))
BY_LANGUAGE = re.compile(r"language IN (\[[^\]]*\])")
BY_SKILLS = re.compile(r"\(\w+ HAS '(\w+)'\)( AND \(\w+ HAS '(\w+)'\))*")
BY_LEVEL = re.compile(r"worker\.(\w+) DESC")


class NotOffered(Exception):
    """The product has no such feature; the words say which."""


@pytest.fixture(scope="module")
def rows(foreign_cases: Path) -> list[Row]:
    text = (foreign_cases / "routing_taskrouter" / "cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def agent(number: int, **facts: Any) -> AgentFacts:
    usual = {"available": True, "idle_since": NOON, "capacity": {"chat": 1}}
    serves = (Serving(QUEUE),)
    return AgentFacts(UserId(UUID(int=number)), serves=serves, **{**usual, **facts})


def order(number: int, skills: dict[str, int]) -> OrderFacts:
    return OrderFacts(
        id=OrderId(UUID(int=100 + number)),
        ticket_id=TicketId(UUID(int=number)),
        queue_id=QUEUE,
        channel=ChannelKind.CHAT,
        state=OrderState.WAITING,
        priority=0,
        units=1,
        owner_id=None,
        virtual_start=NOON,
        attempts=0,
        skills=skills,
    )


def asked_in_turn(
    agents: list[AgentFacts], choice: AgentChoice, skills: dict[str, int], orders: int
) -> list[UserId]:
    """Who is asked, first to last, for so many orders that need the skills."""
    engine = Engine()
    queue = QueueFacts(QUEUE, "", TeamId(UUID(int=9)), 45, active=True, choice=choice)
    engine.apply(Together((QueueChanged(queue), *map(AgentChanged, agents))), NOON)
    found = []
    for number in range(orders):
        decisions = engine.apply(OrderChanged(order(number, skills)), NOON)
        found += [each.user_id for each in decisions if isinstance(each, MakeOffer)]
    return found


def ordered_workers(row: Row) -> list[str]:
    names = {UserId(UUID(int=at)): each["name"] for at, each in enumerate(row["workers"], start=1)}
    by_level = BY_LEVEL.fullmatch(row["order_by"] or "")
    if row["order_by"] is None:
        agents = [
            agent(at, idle_since=NOON.replace(hour=int(hour), minute=int(minute)))
            for at, each in enumerate(row["workers"], start=1)
            for hour, minute in [each["idle_since"].split(":")]
        ]
        turns = asked_in_turn(agents, AgentChoice.LONGEST_IDLE, {}, len(agents))
    elif by_level is not None:
        name = by_level[1]
        agents = [
            agent(at, skills={name: each[name]} if name in each else {})
            for at, each in enumerate(row["workers"], start=1)
        ]
        turns = asked_in_turn(agents, AgentChoice.BEST_SKILL, {name: 0}, len(agents))
    else:
        raise NotOffered("agents in rising order of an attribute, or by several in turn")
    return [names[each] for each in turns]


def matches(row: Row) -> bool:
    expression, attributes = row["expression"], row["attributes"]
    by_language = BY_LANGUAGE.fullmatch(expression)
    if by_language is not None:
        wanted = LanguageIs(kind="language", languages=json.loads(by_language[1]))
        return wanted.holds(_work_in(attributes["language"]))
    if BY_SKILLS.fullmatch(expression):
        wanted_skills = re.findall(r"HAS '(\w+)'", expression)
        known = {skill: 1 for each in attributes.values() for skill in each}
        able = agent(1, skills=known)
        return bool(
            asked_in_turn([able], AgentChoice.LONGEST_IDLE, dict.fromkeys(wanted_skills, 1), 1)
        )
    raise NotOffered("expressions over attributes of one's own")


def _work_in(language: str) -> ClassifyFacts:
    return ClassifyFacts(
        inbox_id=InboxId(UUID(int=1)),
        inbox_queue_id=QUEUE,
        channel=ChannelKind.CHAT,
        subject="",
        text="",
        language=language,
        contact_id=ContactId(UUID(int=1)),
        organization_tier=None,
        at=NOON,
    )


OURS: dict[str, Callable[[Row], object]] = {"order_workers": ordered_workers, "match": matches}


def test_every_row_whose_feature_is_offered_agrees(
    rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    agreeing: list[tuple[str, object]] = []
    apart: list[tuple[str, object]] = []
    skipped: list[str] = []
    for row in rows:
        try:
            if row["op"] not in OURS:
                raise NotOffered(f"{row['op']}: steps go by time alone, never by who is there")
            ours = OURS[row["op"]](row)
        except NotOffered as reason:
            skipped.append(f"  not offered: {row['id']} ({reason})")
            continue
        (agreeing if ours == row["expected"] else apart).append((row["id"], ours))
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join([*map(str, agreeing), *skipped]) + "\n")
    assert apart == []
    assert agreeing
