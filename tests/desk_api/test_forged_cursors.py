"""Cursors that no list gave out: refused, whatever they hold."""

from __future__ import annotations

import base64
import json

import pytest

from tests.desk_api.calls import get
from tests.realtime.scenes import Scene

ID = "01a20414-c799-7535-9f6f-77448b514a28"
NOW = "2026-11-22T14:00:00Z"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/api/tickets/{ticket_id}/activity?", [10**30]),
        ("/api/tickets/{ticket_id}/activity?", [-(10**30)]),
        ("/api/tickets?sort=created&", [None, NOW, 2**63, ID]),
        ("/api/tickets?sort=updated&", [None, "2026-11-22T14:00:00", 1, ID]),
        ("/api/tickets?sort=updated&", [None, "0001-01-01T00:00:00+23:00", 1, ID]),
        ("/api/users?", ["a\0", ID]),
        ("/api/users?", ["a\ud800", ID]),
        ("/api/teams?", ["a", "not an id"]),
        ("/api/queues?", ["a", ID, "more"]),
    ],
)
async def test_a_forged_cursor_is_refused(scene: Scene, path: str, place: list[object]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).rstrip(b"=").decode()
    asked = f"{path.format(ticket_id=scene.ticket_id)}cursor={cursor}"
    problem = await get(scene, "ada", asked, status=422)
    assert problem["errors"][0]["path"] == "cursor"
