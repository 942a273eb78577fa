"""Whatever the desk tells by a code the console can say in both languages."""

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pytest

from servicedesk.app.api.errors import STATUS_OF
from servicedesk.channels.email.check_steps import StepName
from servicedesk.channels.email.check_words import Finding, Outcome
from servicedesk.channels.email.providers import Hint
from servicedesk.desk.template_words import VARIABLES, TemplateKind
from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.messages import ChannelKind, DeliveryState, MailClass
from servicedesk.domain.orders import DeclineReason, Stuck
from servicedesk.domain.people import Role
from servicedesk.domain.presence import PresenceState
from servicedesk.domain.tickets import TicketStatus
from servicedesk.intake.threading import RULES
from servicedesk.realtime.protocol.touched import READ, TOUCHED
from servicedesk.routing.queue_checks import QueueFlawCode
from servicedesk.routing.rules.flaws import FlawCode
from servicedesk.sla.promises import Metric

CATALOGUES = Path(__file__).parents[2] / "agent_ui" / "src" / "i18n"
ROUTING = Path(__file__).parents[2] / "servicedesk" / "routing"
ON_TICKETS = frozenset(
    ("ticket", "message", "order", "offer", "clocks", "clock", "escalation", "acknowledgement")
)
BY_HAND = ("nothing_matched", "forwarded_by_agent", "split")
HELD_BACK = set(MailClass) - {MailClass.PERSON}
TOLD: dict[str, Iterable[str]] = {
    "inbox.check_": StepName,
    "inbox.found_": Finding,
    "inbox.outcome_": Outcome,
    "inbox.hint_": Hint,
    "template.kind_": TemplateKind,
    "template.kind_hint_": TemplateKind,
    "template.variable_": {name for names in VARIABLES.values() for name in names},
    "quarantine.cause_": HELD_BACK,
    "quarantine.why_": HELD_BACK,
    "words.status_": TicketStatus,
    "words.presence_": PresenceState,
    "words.role_": Role,
    "words.channel_": ChannelKind,
    "words.delivery_": DeliveryState,
    "offer.reason_": DeclineReason,
    "routing.stuck_": Stuck,
    "routing.flaw_": [*QueueFlawCode, *FlawCode],
    "sla.metric_": Metric,
    "ticket.why_": [*(name for name, _ in RULES), *BY_HAND],
}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("stem", TOLD)
def test_each_code_has_its_words(stem: str, language: str) -> None:
    area, _, beginning = stem.partition(".")
    known = json.loads((CATALOGUES / language / f"{area}.json").read_text())
    named = [code.value if isinstance(code, StrEnum) else code for code in TOLD[stem]]
    assert [code for code in named if f"{beginning}{code}" not in known] == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_problem_that_a_person_may_meet_has_its_words(language: str) -> None:
    known = json.loads((CATALOGUES / language / "problems.json").read_text())
    assert sorted(code for code in answered() if code not in known) == []


def answered() -> set[str]:
    """Codes of refusals: those of faults of ours (500) are told as one."""
    return {kind.code for kind in below(ServicedeskError) if is_refusal(kind)}


def is_refusal(kind: type[ServicedeskError]) -> bool:
    return any(parent in STATUS_OF for parent in kind.__mro__)


def below(kind: type[ServicedeskError]) -> Iterable[type[ServicedeskError]]:
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_thing_that_happens_on_a_ticket_has_its_words(language: str) -> None:
    known = json.loads((CATALOGUES / language / "contact.json").read_text())
    shown = {kind for kind in TOUCHED if kind.partition(".")[0] in ON_TICKETS} - {READ}
    assert [kind for kind in shown if f"did_{kind.replace('.', '_')}" not in known] == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_reason_of_the_router_has_its_words(language: str) -> None:
    known = json.loads((CATALOGUES / language / "routing.json").read_text())
    written = "".join(path.read_text() for path in ROUTING.rglob("*.py"))
    codes = set(re.findall(r'Reason\(\s*"([a-z_]+)"', written))
    assert len(codes) > 20
    assert sorted(code for code in codes if f"why_{code}" not in known) == []
