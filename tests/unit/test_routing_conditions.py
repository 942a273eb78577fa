"""When each condition of a routing rule holds, and what rules of them settle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from servicedesk.domain.ids import ContactId, InboxId, QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.sql import json_text
from servicedesk.routing.classify import ClassifyFacts, classify
from servicedesk.routing.rules.table import RULES, Condition
from servicedesk.routing.rules.written import WrittenRule, as_rule

SUPPORT, BILLING = QueueId(UUID(int=1)), QueueId(UUID(int=2))
FACTS = ClassifyFacts(
    inbox_id=InboxId(UUID(int=3)),
    inbox_queue_id=SUPPORT,
    channel=ChannelKind.EMAIL,
    subject="Invoice 4711 ＡＢＣ",
    text="Why was I charged twice? 我要退款refund了",
    language="zh-Hans",
    contact_id=ContactId(UUID(int=4)),
    organization_tier="Gold",
    tags=frozenset({"refund", "late"}),
    at=datetime(2027, 3, 2, 23, 30, tzinfo=UTC),  # a Tuesday; Wednesday 07:30 in Shanghai
    sender="lin@mail.acme.example",
    fields={"brand": "b1", "follow_up": "yes"},
)
NIGHT = {
    "kind": "time_of_day",
    "start": "22:00",
    "end": "06:00",
    "days": ["tue"],
    "time_zone": "Etc/UTC",
}
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def condition(**settings: object) -> Condition:
    return CONDITION.validate_json(json_text(settings))


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        ({"kind": "channel", "channels": ["email", "chat"]}, True),
        ({"kind": "channel", "channels": ["voice"]}, False),
        ({"kind": "inbox", "inbox_ids": [str(UUID(int=3))]}, True),
        ({"kind": "inbox", "inbox_ids": [str(UUID(int=9))]}, False),
        ({"kind": "language", "languages": ["en", "zh"]}, True),
        ({"kind": "language", "languages": ["ZH-hans"]}, True),
        ({"kind": "language", "languages": ["zh-Hans-CN"]}, False),
        ({"kind": "language", "languages": ["zhx"]}, False),
        ({"kind": "contact", "contact_ids": [str(UUID(int=4))]}, True),
        ({"kind": "contact", "addresses": ["@acme.example"]}, True),
        ({"kind": "contact", "addresses": ["@me.example"]}, False),
        ({"kind": "contact", "addresses": ["LIN@mail.acme.example"]}, True),
        ({"kind": "tier", "tiers": ["gold"]}, True),
        ({"kind": "tier", "tiers": ["silver"]}, False),
        ({"kind": "tags", "any_of": ["vip", "Refund"]}, True),
        ({"kind": "tags", "any_of": ["vip"]}, False),
        ({"kind": "tags", "none_of": ["vip"]}, True),
        ({"kind": "tags", "any_of": ["refund"], "none_of": ["LATE"]}, False),
        ({"kind": "words", "any_of": ["invoice"]}, True),
        ({"kind": "words", "any_of": ["voice"]}, False),
        ({"kind": "words", "any_of": ["abc"]}, True),
        ({"kind": "words", "any_of": ["退款"]}, True),
        ({"kind": "words", "any_of": ["refund"]}, True),
        ({"kind": "words", "any_of": ["charged  twice?"]}, True),
        ({"kind": "words", "any_of": ["refund"], "where": "subject"}, False),
        ({"kind": "words", "any_of": ["invoice"], "none_of": ["twice"]}, False),
        ({"kind": "words", "none_of": ["refunds"]}, True),
        (NIGHT, True),
        ({**NIGHT, "days": ["wed"]}, False),
        ({**NIGHT, "time_zone": "Asia/Shanghai"}, False),
        ({**NIGHT, "start": "07:00", "end": "07:31", "days": ["wed"],
          "time_zone": "Asia/Shanghai"}, True),
        ({**NIGHT, "start": "07:00", "end": "07:30", "days": ["wed"],
          "time_zone": "Asia/Shanghai"}, False),
        ({**NIGHT, "end": "07:31", "time_zone": "Asia/Shanghai"}, True),
        ({"kind": "ticket_field", "field": "follow_up", "values": ["yes"]}, True),
        ({"kind": "ticket_field", "field": "brand", "values": ["B1"]}, True),
        ({"kind": "ticket_field", "field": "brand", "values": ["b1"], "negate": True}, False),
        ({"kind": "ticket_field", "field": "status", "values": ["new"]}, False),
        ({"kind": "ticket_field", "field": "status", "values": ["new"], "negate": True}, True),
    ],
)  # fmt: skip
def test_condition_holds(settings: dict[str, object], holds: bool) -> None:
    assert condition(**settings).holds(FACTS) is holds


def test_a_message_without_a_language_is_in_none() -> None:
    said = condition(kind="language", languages=["en"])
    assert not said.holds(replace(FACTS, language=""))


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "weather", "is": "rain"},
        {"kind": "channel", "channels": []},
        {"kind": "channel", "channels": ["fax"]},
        {"kind": "contact"},
        {"kind": "words"},
        {"kind": "words", "any_of": [" "]},
        {**NIGHT, "time_zone": "Mars/Phobos"},
        {**NIGHT, "start": "24:00"},
        {"kind": "tier", "tiers": ["gold"], "more": 1},
        {"kind": "tags"},
    ],
)
def test_condition_that_says_nothing_or_nonsense_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        condition(**settings)


def rule(number: int, **written: object) -> WrittenRule:
    given = {"id": str(UUID(int=number)), "name": f"Rule {number}", "conditions": [], **written}
    return WrittenRule.model_validate_json(json_text(given))


def test_rules_that_do_not_stop_add_up_and_the_first_word_counts() -> None:
    rules = [
        rule(1, outcome={"skills": {"billing": 2}, "attributes": {"a": "1"}}, stops=False),
        rule(2, outcome={"queue_id": str(BILLING), "skills": {"billing": 3}, "priority": 3,
                         "attributes": {"a": "2", "b": "2"}}, stops=True),
        rule(3, outcome={"priority": 4}),
    ]  # fmt: skip
    found = classify(FACTS, [*map(as_rule, rules), *RULES])
    assert (found.queue_id, found.priority, found.skills) == (
        BILLING,
        Priority.HIGH,
        {"billing": 3},
    )
    assert found.attributes == {"a": "1", "b": "2"}
    asked = [line["rule"] for line in found.trace]
    assert asked == [str(UUID(int=1)), str(UUID(int=2)), "inbox_queue"]


def test_trace_of_a_miss_names_the_condition_and_no_words() -> None:
    tier = {"kind": "tier", "tiers": ["silver"]}
    chat = {"kind": "channel", "channels": ["chat"]}
    mail = {"kind": "channel", "channels": ["email"]}
    rules = [
        rule(1, conditions=[mail, tier], outcome={"priority": 4}),
        rule(2, conditions=[chat, tier], joined="any", outcome={"priority": 4}),
        rule(3, conditions=[chat, mail], joined="any", outcome={"priority": 1}),
    ]
    found = classify(FACTS, [*map(as_rule, rules), *RULES])
    assert found.priority is Priority.LOW
    assert [line.get("condition") for line in found.trace] == ["tier", "channel", None, None]
    assert [as_rule(one).asks_tier for one in rules] == [True, True, False]
