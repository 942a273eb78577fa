"""Very long messages: timelines and frames carry their beginnings, one address has them whole."""

from __future__ import annotations

import json

import pytest

from servicedesk.desk.note import note
from servicedesk.desk.views_messages import MOST_CHARACTERS
from tests.desk_api.calls import get
from tests.realtime.scenes import Scene
from tests.stories.company import letter, post

LINE = "Where is my refund? "
LONG = (LINE * 4_900).strip()


async def test_a_long_message_is_cut_in_timeline_and_frame_and_whole_by_itself(
    scene: Scene,
) -> None:
    console = scene.consoles["ana"]
    await console.come(scene.hub)
    written = await note(scene.database, scene.company.ana, scene.ticket_id, LONG)
    await scene.listen()
    (frame,) = [word["data"] for word in console.heard if word.get("kind") == "message"]
    page = await get(scene, "ana", f"/api/tickets/{scene.ticket_id}")
    earlier = await get(scene, "ana", f"/api/tickets/{scene.ticket_id}/messages")
    whole = await get(scene, "ana", f"/api/messages/{written.message_id}")
    shown = page["messages"]["items"][-1]
    assert frame == shown == earlier["items"][-1]
    assert (shown["text"], shown["text_cut"]) == (LONG[:MOST_CHARACTERS], True)
    assert whole == {**shown, "text": LONG, "text_cut": False}


@pytest.mark.parametrize(
    ("characters", "cut"), [(MOST_CHARACTERS, False), (MOST_CHARACTERS + 1, True)]
)
async def test_only_what_is_longer_than_the_measure_is_cut(
    scene: Scene, characters: int, *, cut: bool
) -> None:
    written = await note(scene.database, scene.company.ana, scene.ticket_id, "é" * characters)
    page = await get(scene, "ana", f"/api/tickets/{scene.ticket_id}")
    shown = page["messages"]["items"][-1]
    assert shown["id"] == str(written.message_id)
    assert (len(shown["text"]), shown["text_cut"]) == (MOST_CHARACTERS, cut)


async def test_nine_mails_of_a_megabyte_each_reach_a_console_that_comes_back(
    sqlite_scene: Scene,
) -> None:
    scene = sqlite_scene
    console = scene.consoles["ana"]
    await console.come(scene.hub)
    console.go(scene.hub)
    for number in range(9):
        await post(
            scene.services, scene.company.inbox, letter(f"Long {number}", f"{LINE}\n" * 50_000)
        )
    await scene.hub.sweep()
    await console.come(scene.hub)
    subjects = {word["data"]["subject"] for word in console.heard if word.get("kind") == "message"}
    assert subjects == {f"Long {number}" for number in range(9)}
    assert console.connection.close_code is None
    assert max(len(json.dumps(word)) for word in console.heard) < 4 * MOST_CHARACTERS
