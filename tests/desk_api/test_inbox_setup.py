"""/api/inboxes and how they are set up: secrets go in and never come out."""

from __future__ import annotations

import json
from typing import Any

from servicedesk.desk.inboxes import get_inbox
from servicedesk.domain.actors import system_actor
from servicedesk.intake.mailbox_states import Step
from servicedesk.intake.mailboxes import open_book, take_step
from tests.desk_api.calls import get, post
from tests.realtime.scenes import Scene
from tests.services.processes import free_port
from tests.stories.company import letter

PASSWORD = "moss-lantern-eight"
IMAP = {"host": "imap.example.com", "username": "help@acme.example", "password": PASSWORD}


async def _make(scene: Scene, settings: dict[str, Any]) -> dict[str, Any]:
    queue_id = str(scene.company.inbox.queue_id)
    body = {"channel": "email", "name": "Help", "address": "help@acme.example"}
    made = await post(
        scene, "ada", "/api/inboxes", {**body, "queue_id": queue_id, "settings": settings}
    )
    assert made.status_code == 201, made.text
    assert PASSWORD not in made.text
    return dict(made.json())


async def test_a_secret_is_shown_as_set_and_kept_by_who_does_not_name_it(scene: Scene) -> None:
    inbox = await _make(scene, {"imap": IMAP, "from_name": "Acme"})
    shown = await get(scene, "ada", f"/api/inboxes/{inbox['id']}/setup")
    assert shown["settings"]["imap"]["password"] is True
    assert shown["settings"]["from_name"] == "Acme"
    before = (await get_inbox(scene.database.sql, scene.company.inbox.id)).settings
    assert PASSWORD not in str(before)
    changed = await scene.clients["ada"].patch(
        f"/api/inboxes/{inbox['id']}",
        json={"settings": {**shown["settings"], "from_name": "Acme Help"}},
        headers={"If-Match": f'"{shown["version"]}"'},
    )
    assert changed.status_code == 200, changed.text
    after = await get(scene, "ada", f"/api/inboxes/{inbox['id']}/setup")
    assert after["settings"]["from_name"] == "Acme Help"
    assert after["settings"]["imap"]["password"] is True


async def test_settings_that_cannot_be_used_are_refused_by_their_field(scene: Scene) -> None:
    queue_id = str(scene.company.inbox.queue_id)
    body = {"channel": "email", "name": "Help", "address": "help@acme.example"}
    settings = {"imap": {**IMAP, "host": "https://imap.example.com"}}
    refused = await post(
        scene, "ada", "/api/inboxes", {**body, "queue_id": queue_id, "settings": settings}
    )
    assert refused.status_code == 422
    assert "settings.imap.host" in refused.text
    assert PASSWORD not in refused.text


async def test_a_new_key_signs_once_it_is_saved_and_its_record_is_told(scene: Scene) -> None:
    wanted = {"domain": "acme.example", "selector": "desk"}
    made = (await post(scene, "ada", "/api/inboxes/dkim-key", wanted)).json()
    assert made["dkim"]["name"] == "desk._domainkey.acme.example"
    inbox = await _make(scene, {"dkim": {**wanted, "private_key": made["private_key"]}})
    shown = await get(scene, "ada", f"/api/inboxes/{inbox['id']}/setup")
    assert shown["dkim"] == made["dkim"]
    assert shown["settings"]["dkim"]["private_key"] is True
    refused = await post(scene, "ada", "/api/inboxes/dkim-key", {**wanted, "domain": "no domain"})
    assert refused.status_code == 422


async def test_a_check_tells_each_step_and_no_secret(sqlite_scene: Scene) -> None:
    settings = {"imap": {**IMAP, "host": "127.0.0.1", "port": free_port()}}
    body = {"address": "help@acme.example", "settings": settings, "send_mail": False}
    checked = await post(sqlite_scene, "ada", "/api/inboxes/check", body)
    assert checked.status_code == 200, checked.text
    assert PASSWORD not in checked.text
    steps = {one["name"]: one for one in map(json.loads, checked.text.splitlines())}
    assert steps["mailbox_name"]["outcome"] == "fine"
    assert steps["mailbox_connect"]["outcome"] == "failed"
    assert steps["mailbox_connect"]["words"] == "Nothing listens on this port. Check the port."
    assert steps["mailbox_sign_in"]["outcome"] == "skipped"


async def test_a_check_of_settings_that_cannot_be_used_is_refused(sqlite_scene: Scene) -> None:
    settings = {"imap": {**IMAP, "port": 0}}
    body = {"address": "help@acme.example", "settings": settings}
    refused = await post(sqlite_scene, "ada", "/api/inboxes/check", body)
    assert refused.status_code == 422
    assert "settings.imap.port" in refused.text


async def test_known_providers_are_told_with_what_to_do_there(sqlite_scene: Scene) -> None:
    found = (await get(sqlite_scene, "ada", "/api/mail-providers"))["items"]
    gmail = next(one for one in found if one["id"] == "gmail")
    assert (gmail["imap_host"], gmail["smtp_port"]) == ("imap.gmail.com", 587)
    assert "app_password" in gmail["hints"]


async def test_states_tell_of_folders_and_of_the_last_mail(scene: Scene) -> None:
    inbox = scene.company.inbox
    async with scene.database.work(system_actor("test")) as work:
        book = await open_book(work, inbox.id, "INBOX")
        book = await take_step(work, book, Step.CONNECT, None, 0)
        await take_step(work, book, Step.BE_REFUSED, "The server does not accept it.", 1)
    await scene.services.intake.store([inbox], letter("Hi").as_bytes(), {})
    states = {
        one["inbox_id"]: one for one in (await get(scene, "ada", "/api/inbox-states"))["items"]
    }
    state = states[str(inbox.id)]
    assert state["last_mail_at"] is not None
    (folder,) = state["folders"]
    assert (folder["state"], folder["error"]) == ("failed", "The server does not accept it.")
    assert states[str(scene.company.sales_inbox.id)]["last_mail_at"] is None


async def test_only_administrators_see_how_an_inbox_is_set_up(sqlite_scene: Scene) -> None:
    for who in ("sam", "ana", "olga"):
        await get(sqlite_scene, who, "/api/inbox-states", status=403)
        path = f"/api/inboxes/{sqlite_scene.company.inbox.id}/setup"
        await get(sqlite_scene, who, path, status=403)
