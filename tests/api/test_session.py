"""Signing in and out over HTTP."""

import httpx2

from servicedesk.app.api.cookies import CSRF_COOKIE, SESSION_COOKIE
from tests.api.offices import PASSWORD, Office, client_of


async def sign_in(client: httpx2.AsyncClient, email: str, password: str) -> httpx2.Response:
    return await client.post("/api/session", json={"email": email, "password": password})


async def test_right_password_opens_a_session_with_both_cookies(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    response = await sign_in(stranger, "Ann@Example.com", PASSWORD)
    assert response.status_code == 200
    session = response.json()
    assert session["user"]["email"] == "ann@example.com"
    assert session["user"]["team_ids"] == [str(office.north_id)]
    assert session["company"] == "Example"
    assert session["capabilities"] == ["work"]
    set_cookies = response.headers.get_list("set-cookie")
    secret = next(cookie for cookie in set_cookies if cookie.startswith(SESSION_COOKIE))
    readable = next(cookie for cookie in set_cookies if cookie.startswith(CSRF_COOKIE))
    assert "HttpOnly" in secret
    assert "SameSite=lax" in secret
    assert "HttpOnly" not in readable
    assert response.headers["x-position"].isdecimal()
    again = await stranger.get("/api/session")
    assert again.json()["csrf_token"] == session["csrf_token"] == stranger.cookies[CSRF_COOKIE]
    assert session["csrf_token"] not in stranger.cookies[SESSION_COOKIE]


async def test_wrong_password_and_unknown_address_look_the_same(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    wrong = await sign_in(stranger, "ann@example.com", "not this one")
    unknown = await sign_in(stranger, "nobody@example.com", "not this one")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["code"] == unknown.json()["code"] == "wrong-credentials"
    assert wrong.json()["detail"] == unknown.json()["detail"]
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_sixth_attempt_is_refused_even_with_the_right_password(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    for _ in range(5):
        assert (await sign_in(stranger, "ann@example.com", "guess")).status_code == 401
    response = await sign_in(stranger, "ann@example.com", PASSWORD)
    assert response.status_code == 429
    assert response.json()["code"] == "too-many-attempts"
    assert 0 < int(response.headers["retry-after"]) <= 60
    assert (await sign_in(stranger, "bob@example.com", PASSWORD)).status_code == 200


async def test_without_a_session_the_answer_is_401(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    response = await stranger.get("/api/session")
    assert response.status_code == 401
    assert response.json()["code"] == "not-signed-in"


async def test_signing_out_ends_the_session(office: Office) -> None:
    ann = office.client("ann")
    response = await ann.delete("/api/session")
    assert response.status_code == 204
    client = client_of(office.app, office.people["ann"].token)
    assert (await client.get("/api/session")).status_code == 401


async def test_sessions_are_listed_and_one_of_them_can_be_revoked(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    await sign_in(stranger, "ann@example.com", PASSWORD)
    listed = (await stranger.get("/api/sessions")).json()
    assert [item["current"] for item in listed["items"]].count(True) == 1
    assert len(listed["items"]) == 2
    other = next(item for item in listed["items"] if not item["current"])
    token = (await stranger.get("/api/session")).json()["csrf_token"]
    response = await stranger.delete(
        f"/api/sessions/{other['id']}", headers={"X-CSRF-Token": token}
    )
    assert response.status_code == 204
    assert (await office.client("ann").get("/api/session")).status_code == 401
    assert (await stranger.get("/api/session")).status_code == 200


async def test_nobody_revokes_a_session_of_somebody_else(office: Office) -> None:
    listed = (await office.client("ann").get("/api/sessions")).json()
    session_id = listed["items"][0]["id"]
    response = await office.client("ada").delete(f"/api/sessions/{session_id}")
    assert response.status_code == 404
    assert (await office.client("ann").get("/api/session")).status_code == 200


async def test_a_page_of_another_site_cannot_sign_anybody_in(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    response = await stranger.post(
        "/api/session",
        json={"email": "ann@example.com", "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )
    assert response.status_code == 403
    assert response.json()["code"] == "csrf"
