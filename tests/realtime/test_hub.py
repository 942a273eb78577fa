"""The hub: who hears what, who comes back how, and who is cut off."""

from __future__ import annotations

import copy
import json

import pytest

from servicedesk.desk.contacts import ContactChanges, change_contact
from servicedesk.desk.note import note
from servicedesk.desk.read import read_ticket
from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import system_actor
from servicedesk.domain.people import Role
from servicedesk.kernel import journal
from servicedesk.people.sessions import end_session
from servicedesk.people.teams import TeamChanges, change_team
from servicedesk.people.users import UserChanges, change_user
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.hub import MOST_BEHIND
from servicedesk.realtime.protocol.client import MindKind, PresenceOfMind
from servicedesk.realtime.protocol.frames import CloseCode
from tests.realtime.consoles import Console, load_state, shown
from tests.realtime.happenings import HAPPENINGS
from tests.realtime.scenes import LISTENERS, Scene
from tests.stories.company import letter, open_by_mail

TICKET_KINDS = {"ticket", "message", "contact"}


def _kinds(console: Console) -> set[str]:
    return {word["kind"] for word in console.heard if word["type"] == "frame"}


async def _look_away(scene: Scene, name: str) -> Console:
    console = scene.consoles[name]
    await console.come(scene.hub)
    console.go(scene.hub)
    console.heard.clear()
    return console


async def test_another_team_hears_nothing_of_a_foreign_ticket(scene: Scene) -> None:
    await scene.come(LISTENERS)
    secret = letter("Wombat trouble", "My wombat escaped.", "Wanda <wanda@contact.example>")
    ticket_id = await open_by_mail(scene.services, scene.company, secret)
    ana = scene.company.ana
    await scene.offer_to(ana)
    await take_ticket(scene.database, ticket_id, ana)
    await note(scene.database, ana, ticket_id, "Wombats climb.")
    await read_ticket(scene.database, ana, ticket_id, 1)
    await change_contact(
        scene.database, ana, await scene.contact_id(), ContactChanges(name="Lin Wombat")
    )
    await scene.listen()
    assert {*TICKET_KINDS, "offer", "presence"} <= _kinds(scene.consoles["ana"])
    foreign = json.dumps(scene.consoles["zoe"].heard)
    for word in ("ombat", "wanda", str(ticket_id), str(scene.ticket_id)):
        assert word not in foreign
    assert _kinds(scene.consoles["zoe"]) == {"queue"}


async def test_typing_is_told_to_who_sees_the_ticket_and_nobody_else(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    await scene.come(LISTENERS)
    async with scene.hub.running():
        for name in ("zoe", "ana"):
            mind = PresenceOfMind(
                type="presence_of_mind", kind=MindKind.TYPING, ticket_id=scene.ticket_id
            )
            await scene.hub.listen_to(scene.consoles[name].connection, mind)
        (told,) = [json.loads(text) for text in await scene.consoles["ada"].connection.take()]
    assert (told["type"], told["kind"]) == ("ephemeral", "typing")
    assert told["user_id"] == str(scene.company.ana.user_id)
    for name in ("zoe", "ana"):
        await scene.consoles[name].listen()
        assert "ephemeral" not in {word["type"] for word in scene.consoles[name].heard}


async def test_a_console_that_was_away_since_any_moment_ends_up_fresh(scene: Scene) -> None:
    await scene.come(LISTENERS)
    moments: list[tuple[str, Console]] = []
    for family in ("offers", "deliveries", "orders"):
        for happen in HAPPENINGS[family].values():
            for name, console in scene.consoles.items():
                since = Console(console.viewer, console.session_id, console.client)
                since.state, since.position = copy.deepcopy(console.state), console.position
                moments.append((name, since))
            await happen(scene)
            await scene.listen()
    fresh = {name: await load_state(it.client) for name, it in scene.consoles.items()}
    for name, console in moments:
        left_at = console.position
        await console.come(scene.hub)
        assert not console.resyncs
        believed = shown(console.state, console.state.opened)
        assert believed == shown(fresh[name], console.state.opened), f"{name} since {left_at}"


async def test_who_was_away_too_long_is_told_to_load_anew(scene: Scene) -> None:
    console = await _look_away(scene, "ana")
    async with scene.database.work(system_actor("test")) as work:
        for _ in range(MOST_BEHIND + 1):
            work.record("desk.set_up")
    await scene.hub.sweep()
    await console.come(scene.hub)
    assert console.resyncs == ["too_far_behind"]
    assert [word["type"] for word in console.heard] == ["hello", "resync", "end"]


async def test_a_position_of_another_journal_means_loading_anew(scene: Scene) -> None:
    console = await _look_away(scene, "ana")
    console.position = await journal.head(scene.database.sql) + 1
    await console.come(scene.hub)
    assert console.resyncs == ["too_far_behind"]


async def test_a_position_that_the_hub_has_yet_to_reach_is_no_reason_to_load_anew(
    scene: Scene,
) -> None:
    console = await _look_away(scene, "ana")
    console.position = (await take_ticket(scene.database, scene.ticket_id, console.viewer)).position
    await console.come(scene.hub)
    await scene.listen()
    assert not console.resyncs
    assert console.state.things["ticket"][str(scene.ticket_id)]["assignee_id"] is not None


async def test_who_changed_teams_while_away_loads_anew(scene: Scene) -> None:
    console = await _look_away(scene, "zoe")
    team_id = scene.company.support
    version = await scene.version("team", team_id)
    members = TeamChanges(member_ids=(scene.company.zoe.user_id,))
    await change_team(scene.database, scene.ada, team_id, version, members)
    await scene.hub.sweep()
    await console.come(scene.hub)
    assert console.resyncs == ["viewer_changed"]
    assert str(scene.ticket_id) in console.state.things["ticket"]


async def test_a_role_that_changed_while_connecting_is_noticed(scene: Scene) -> None:
    """The viewer was loaded before the change, the hub heard of it before the console joined."""
    console = scene.consoles["zoe"]
    user_id = console.viewer.user_id
    version = await scene.version("app_user", user_id)
    promoted = UserChanges(role=Role.ADMINISTRATOR)
    await change_user(scene.database, scene.ada, user_id, version, promoted)
    await scene.hub.sweep()
    await console.come(scene.hub)
    assert console.resyncs == ["viewer_changed"]
    assert console.connection.viewer.sees_everything


@pytest.mark.parametrize("kind", ["session.revoked", "user.signed_out"])
async def test_the_console_of_an_ended_session_is_cut_off(scene: Scene, kind: str) -> None:
    await scene.come(LISTENERS)
    console = scene.consoles["ana"]
    async with scene.database.work(scene.ada) as work:
        await end_session(work, console.viewer.user_id, console.session_id, kind)
    await note(scene.database, scene.company.sam, scene.ticket_id, "Too late for you.")
    await scene.hub.sweep()
    assert console.connection.close_code is CloseCode.SESSION_ENDED
    assert await console.connection.take() == []
    assert scene.consoles["ada"].connection.close_code is None


async def test_a_session_that_ended_while_connecting_is_noticed(scene: Scene) -> None:
    console = scene.consoles["ana"]
    async with scene.database.work(scene.ada) as work:
        await end_session(work, console.viewer.user_id, console.session_id, "session.revoked")
    connection = Connection(console.viewer, console.session_id)
    await scene.hub.join(connection, None)
    assert connection.close_code is CloseCode.SESSION_ENDED


async def test_a_deactivated_user_is_cut_off(scene: Scene) -> None:
    await scene.come(LISTENERS)
    user_id = scene.company.zoe.user_id
    version = await scene.version("app_user", user_id)
    await change_user(scene.database, scene.ada, user_id, version, UserChanges(active=False))
    await scene.hub.sweep()
    assert scene.consoles["zoe"].connection.close_code is CloseCode.SESSION_ENDED


async def test_a_session_that_ran_out_is_found_by_the_heartbeat(scene: Scene) -> None:
    await scene.come(["ana"])
    await scene.database.sql.execute("UPDATE session SET expires_at = created_at")
    await scene.hub.check_sessions()
    assert scene.consoles["ana"].connection.close_code is CloseCode.SESSION_ENDED


async def test_a_row_that_cannot_be_shown_makes_consoles_load_anew_and_stops_nothing(
    sqlite_scene: Scene,
) -> None:
    scene = sqlite_scene
    await scene.come(["ada"])
    connection = scene.consoles["ada"].connection
    sql = scene.database.sql
    await note(scene.database, scene.company.ana, scene.ticket_id, "Before.")
    await sql.execute("UPDATE ticket SET status = 'broken' WHERE id = $1", scene.ticket_id)
    await scene.hub.sweep()
    assert [json.loads(text)["type"] for text in await connection.take()] == ["resync"]
    await sql.execute("UPDATE ticket SET status = 'open' WHERE id = $1", scene.ticket_id)
    await note(scene.database, scene.company.ana, scene.ticket_id, "After.")
    await scene.hub.sweep()
    assert "After." in "".join(await connection.take())


async def test_reading_is_told_to_the_reader_only(scene: Scene) -> None:
    await scene.come(LISTENERS)
    await read_ticket(scene.database, scene.company.ana, scene.ticket_id, 1)
    await scene.listen()
    row = scene.consoles["ana"].state.things["ticket"][str(scene.ticket_id)]
    assert row["unread"] is False
    assert "ticket" in _kinds(scene.consoles["ana"])
    assert "ticket" not in _kinds(scene.consoles["ada"])
