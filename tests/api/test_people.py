"""Users and teams over HTTP."""

import uuid

import pytest

from servicedesk.kernel.journal import read_after
from tests.api.offices import PASSWORD, Office, client_of

NEW_USER = {
    "name": "Cleo",
    "email": "Cleo@Example.com",
    "role": "agent",
    "password": "teapot lantern gravel",
}


async def test_administrator_adds_a_user_who_can_sign_in(office: Office) -> None:
    body = {**NEW_USER, "team_ids": [str(office.south_id)], "time_zone": "Asia/Shanghai"}
    response = await office.client("ada").post("/api/users", json=body)
    assert response.status_code == 201
    user = response.json()
    assert user["email"] == "cleo@example.com"
    assert user["team_ids"] == [str(office.south_id)]
    assert response.headers["etag"] == f'"{user["version"]}"'
    async with client_of(office.app) as client:
        credentials = {"email": "cleo@example.com", "password": NEW_USER["password"]}
        assert (await client.post("/api/session", json=credentials)).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"email": "ann@example.com"}, 409, "email-taken"),
        ({"password": "short"}, 422, "weak-password"),
        ({"password": "password123456"}, 422, "weak-password"),
        ({"email": "no address"}, 422, "invalid-request"),
        ({"role": "king"}, 422, "invalid-request"),
        ({"time_zone": "Mars/Phobos"}, 422, "invalid-request"),
        ({"time_zone": "../../etc/passwd"}, 422, "invalid-request"),
        ({"team_ids": [str(uuid.UUID(int=7))]}, 422, "bad-input"),
        ({"name": "   "}, 422, "invalid-request"),
    ],
)
async def test_user_that_cannot_be_is_refused_with_the_reason(
    sqlite_office: Office, change: dict[str, object], status: int, code: str
) -> None:
    response = await sqlite_office.client("ada").post("/api/users", json={**NEW_USER, **change})
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_write_without_if_match_is_refused_and_a_stale_one_too(office: Office) -> None:
    ada, path = office.client("ada"), f"/api/users/{office.people['ann'].id}"
    etag = (await ada.get(path)).headers["etag"]
    missing = await ada.patch(path, json={"name": "Anna"})
    malformed = await ada.patch(path, json={"name": "Anna"}, headers={"If-Match": "W/x"})
    right = await ada.patch(path, json={"name": "Anna"}, headers={"If-Match": etag})
    stale = await ada.patch(path, json={"name": "Anne"}, headers={"If-Match": etag})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition-required")
    assert malformed.status_code == 422
    assert (right.status_code, right.json()["name"]) == (200, "Anna")
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    assert f'"{stale.json()["version"]}"' == right.headers["etag"]


async def test_deactivation_ends_the_sessions_and_asks_for_the_work_back(office: Office) -> None:
    ada, ann = office.client("ada"), office.people["ann"]
    etag = (await ada.get(f"/api/users/{ann.id}")).headers["etag"]
    response = await ada.patch(
        f"/api/users/{ann.id}", json={"active": False}, headers={"If-Match": etag}
    )
    assert response.status_code == 200
    assert (await ann.client.get("/api/session")).status_code == 401
    effects = await office.database.sql.fetch("SELECT kind FROM effect")
    assert [row["kind"] for row in effects] == ["user.deactivated"]
    async with client_of(office.app) as client:
        credentials = {"email": ann.email, "password": PASSWORD}
        assert (await client.post("/api/session", json=credentials)).status_code == 401


async def test_last_administrator_stays_one(office: Office) -> None:
    ada, path = office.client("ada"), f"/api/users/{office.people['ada'].id}"
    for change in ({"active": False}, {"role": "agent"}):
        etag = (await ada.get(path)).headers["etag"]
        response = await ada.patch(path, json=change, headers={"If-Match": etag})
        assert (response.status_code, response.json()["code"]) == (409, "last-administrator")


async def test_members_show_on_both_sides_and_move_both_versions(office: Office) -> None:
    ada, bob = office.client("ada"), office.people["bob"]
    before = (await ada.get(f"/api/users/{bob.id}")).json()
    teams = (await ada.get("/api/teams")).json()["items"]
    south = next(team for team in teams if team["id"] == str(office.south_id))
    response = await ada.patch(
        f"/api/teams/{office.south_id}",
        json={"member_ids": []},
        headers={"If-Match": f'"{south["version"]}"'},
    )
    assert response.json()["member_ids"] == []
    after = (await ada.get(f"/api/users/{bob.id}")).json()
    assert after["team_ids"] == []
    assert after["version"] == before["version"] + 1
    position = int(response.headers["x-position"])
    entries = [e for e in await read_after(office.database.sql, 0, 1000) if e.position <= position]
    assert [entry.kind for entry in entries[-2:]] == ["team.changed", "user.changed"]
    assert entries[-2].payload["removed"] == [str(bob.id)]


async def test_two_teams_of_one_name_are_refused(office: Office) -> None:
    body = {"name": "South", "member_ids": []}
    response = await office.client("ada").post("/api/teams", json=body)
    assert (response.status_code, response.json()["code"]) == (409, "name-taken")


async def test_list_of_users_is_read_page_by_page(office: Office) -> None:
    ann = office.client("ann")
    names: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await ann.get("/api/users", params=query)).json()
        assert len(page["items"]) <= 2
        names += [user["name"] for user in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == ["Ada", "Ann", "Bob", "Olga", "Sam"]


@pytest.mark.parametrize("cursor", ["nonsense", "e30", "WyJhIl0", "é", ""])
@pytest.mark.parametrize("path", ["users", "teams", "queues", "inboxes", "presence"])
async def test_cursor_that_was_never_given_out_is_refused(
    sqlite_office: Office, path: str, cursor: str
) -> None:
    response = await sqlite_office.client("ann").get(f"/api/{path}", params={"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")


async def test_own_account_is_ones_own_to_change_but_not_its_role(office: Office) -> None:
    ann = office.client("ann")
    changed = await ann.patch("/api/me", json={"locale": "zh-CN", "time_zone": "Asia/Shanghai"})
    assert (changed.json()["locale"], changed.json()["time_zone"]) == ("zh-CN", "Asia/Shanghai")
    refused = await ann.patch("/api/me", json={"role": "administrator"})
    assert refused.status_code == 422


async def test_new_password_ends_every_other_session(office: Office) -> None:
    ann = office.people["ann"]
    async with client_of(office.app) as other:
        await other.post("/api/session", json={"email": ann.email, "password": PASSWORD})
        wrong = {"current": "not this", "new": "teapot lantern gravel"}
        response = await ann.client.post("/api/me/password", json=wrong)
        assert (response.status_code, response.json()["code"]) == (422, "wrong-password")
        right = {"current": PASSWORD, "new": "teapot lantern gravel"}
        assert (await ann.client.post("/api/me/password", json=right)).status_code == 204
        assert (await other.get("/api/session")).status_code == 401
    assert (await ann.client.get("/api/session")).status_code == 200
