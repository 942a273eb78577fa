"""Channels, capacity and reasons to be away, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.views_facts import load_agents
from tests.api.offices import Office


async def test_agent_closes_one_channel_and_stays_available_on_the_others(office: Office) -> None:
    ann = office.client("ann")
    await ann.put("/api/me/presence", json={"state": "available"})
    closed = await ann.put("/api/me/channels", json={"closed": ["voice", "chat"]})
    assert (closed.json()["state"], closed.json()["closed"]) == ("available", ["chat", "voice"])
    (fact,) = await load_agents(office.database.sql, [office.people["ann"].id])
    assert (fact.agent.available, fact.agent.closed) == (
        True,
        frozenset({ChannelKind.CHAT, ChannelKind.VOICE}),
    )
    opened = await ann.put("/api/me/channels", json={"closed": []})
    assert opened.json()["closed"] == []
    assert (
        await office.client("olga").put("/api/me/channels", json={"closed": []})
    ).status_code == 403


async def test_supervisor_sets_the_capacity_of_their_own_agents_only(office: Office) -> None:
    ann, bob = office.people["ann"].id, office.people["bob"].id
    sam = office.client("sam")
    set_to = await sam.patch(f"/api/users/{ann}/capacity", json={"capacity": {"email": 7}})
    assert set_to.json()["capacity"]["email"] == 7
    assert set_to.json()["capacity"]["chat"] == 3  # what is not named stays
    other = await sam.patch(f"/api/users/{bob}/capacity", json={"capacity": {"email": 7}})
    assert other.status_code == 404
    by_ada = await office.client("ada").patch(
        f"/api/users/{bob}/capacity", json={"capacity": {"voice": 0}}
    )
    assert by_ada.json()["capacity"]["voice"] == 0


async def test_reasons_are_chosen_from_the_list_that_administrators_keep(office: Office) -> None:
    ada, ann = office.client("ada"), office.client("ann")
    away = {"state": "away", "reason": "errand"}
    assert (await ann.put("/api/me/presence", json=away)).status_code == 422
    errand = {"code": "errand", "names": {"en": "Errand", "zh-CN": "外出"}}
    lunch = {"code": "lunch", "names": {"en": "Lunch", "zh-CN": "午餐"}, "active": False}
    saved = await ada.put("/api/presence-reasons", json={"reasons": [errand, lunch]})
    listed = {one["code"]: one for one in saved.json()["reasons"]}
    assert list(listed)[:2] == ["errand", "lunch"]
    assert listed.keys() == {"errand", "lunch", "break", "training", "meeting"}
    assert (listed["errand"]["built_in"], listed["lunch"]["built_in"]) == (False, True)
    assert (await ann.put("/api/me/presence", json=away)).json()["reason"] == "errand"
    switched_off = {"state": "away", "reason": "lunch"}
    assert (await ann.put("/api/me/presence", json=switched_off)).status_code == 422


@pytest.mark.parametrize(
    "reasons",
    [
        [{"code": "Lunch!", "names": {"en": "x", "zh-CN": "x"}}],
        [{"code": "not_responding", "names": {"en": "x", "zh-CN": "x"}}],
        [{"code": "nap", "names": {"en": "Nap"}}],
        [{"code": "nap", "names": {"en": "a", "zh-CN": "b"}}] * 2,
    ],
)
async def test_reason_without_code_or_names_is_refused(
    office: Office, reasons: list[dict[str, Any]]
) -> None:
    answer = await office.client("ada").put("/api/presence-reasons", json={"reasons": reasons})
    assert answer.status_code == 422
