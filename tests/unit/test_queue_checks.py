"""What a queue's settings may not say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from servicedesk.domain.errors import BadInput
from servicedesk.routing.queue_checks import check_form
from servicedesk.routing.queue_settings import QueueSettings
from tests.unit.engine_facts import SUPPORT

ENDS = {"turn_away": True, "overflow_to": None}


@pytest.mark.parametrize("told", [{"tell": "still_waiting"}, {"offer_callback": True}])
def test_nobody_is_turned_away_and_told_that_they_wait(told: dict[str, Any]) -> None:
    step = {"after_seconds": 60, **ENDS, **told}
    with pytest.raises(BadInput, match="turned away waits no longer"):
        check_form(QueueSettings.model_validate({"steps": [step]}), SUPPORT)
    overflow = QueueSettings.model_validate({"max_length": 9, "overflow": {**ENDS, **told}})
    with pytest.raises(BadInput, match="turned away waits no longer"):
        check_form(overflow, SUPPORT)


def test_nobody_is_turned_away_and_sent_on() -> None:
    both = {"after_seconds": 60, "turn_away": True, "overflow_to": UUID(int=7)}
    with pytest.raises(BadInput, match="both go on"):
        check_form(QueueSettings.model_validate({"steps": [both]}), SUPPORT)
