"""Tokens for XOAUTH2 from a real token endpoint that grants, rotates, refuses and is away."""

import asyncio
import json
from ipaddress import ip_network
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from pydantic import SecretStr

from servicedesk.channels.email.oauth import AccessTokens, TokenRefused
from servicedesk.channels.email.settings import OAuthProvider, OAuthSettings
from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.http.outgoing import Outgoing
from tests.fakes.clock import FakeClock
from tests.fakes.http_server import Asked, answering, http_server
from tests.fakes.mail import INBOX

OUTGOING = Outgoing([ip_network("127.0.0.0/8")])


def settings(port: int) -> OAuthSettings:
    return OAuthSettings(
        provider=OAuthProvider.MICROSOFT,
        token_url=f"http://127.0.0.1:{port}/token",
        client_id="desk",
        client_secret=SecretStr("s3cret"),
        refresh_token=SecretStr("refresh-1"),
    )


class Provider:
    """Grants token-1, token-2, …, each for an hour; `extra` goes into the answer as well."""

    def __init__(self, extra: dict[str, object] | None = None) -> None:
        self.granted = 0
        self.extra = extra or {}

    def __call__(self, _asked: Asked) -> bytes:
        self.granted += 1
        said = {"access_token": f"token-{self.granted}", "expires_in": 3600} | self.extra
        return answering("200 OK", json.dumps(said).encode())


async def test_token_is_asked_for_as_the_rfc_says(clock: FakeClock) -> None:
    async with http_server(Provider()) as server:
        tokens = AccessTokens(OUTGOING, lambda: clock.time)
        assert await tokens.get(INBOX, settings(server.port)) == "token-1"
    form = {name: values[0] for name, values in parse_qs(server.asked[0].body.decode()).items()}
    assert form.pop("scope").startswith("offline_access https://outlook.office.com/IMAP")
    assert form == {
        "grant_type": "refresh_token",
        "client_id": "desk",
        "client_secret": "s3cret",
        "refresh_token": "refresh-1",
    }


async def test_token_is_kept_until_shortly_before_its_end(clock: FakeClock) -> None:
    async with http_server(Provider()) as server:
        tokens, oauth = AccessTokens(OUTGOING, lambda: clock.time), settings(server.port)
        told = [await tokens.get(INBOX, oauth) for _ in range(3)]
        clock.advance(3_500)
        told.append(await tokens.get(INBOX, oauth))
    assert told == ["token-1", "token-1", "token-1", "token-2"]


async def test_many_at_once_fetch_one_token(clock: FakeClock) -> None:
    async with http_server(Provider()) as server:
        tokens, oauth = AccessTokens(OUTGOING, lambda: clock.time), settings(server.port)
        told = await asyncio.gather(*(tokens.get(INBOX, oauth) for _ in range(10)))
    assert set(told) == {"token-1"}


async def test_token_that_a_server_refused_is_not_told_again(clock: FakeClock) -> None:
    async with http_server(Provider()) as server:
        oauth = settings(server.port)
        tell = AccessTokens(OUTGOING, lambda: clock.time).of_mailbox(INBOX, lambda: oauth)
        told = [await tell(fresh=False), await tell(fresh=True), await tell(fresh=False)]
    assert told == ["token-1", "token-2", "token-2"]


async def test_renewed_refresh_token_is_saved(clock: FakeClock) -> None:
    saved: list[tuple[UUID, str, str]] = []

    async def save(inbox_id: UUID, old: str, new: str) -> None:
        saved.append((inbox_id, old, new))

    async with http_server(Provider({"refresh_token": "refresh-2"})) as server:
        await AccessTokens(OUTGOING, lambda: clock.time, save).get(INBOX, settings(server.port))
    assert saved == [(INBOX, "refresh-1", "refresh-2")]


async def test_renewed_refresh_token_brings_no_further_fetch(clock: FakeClock) -> None:
    """Each fetch renews it again: two processes would renew it for each other for ever."""
    async with http_server(Provider()) as server:
        oauth = settings(server.port)
        tokens = AccessTokens(OUTGOING, lambda: clock.time)
        await tokens.get(INBOX, oauth)
        renewed = oauth.model_copy(update={"refresh_token": SecretStr("refresh-2")})
        assert await tokens.get(INBOX, renewed) == "token-1"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("400 Bad Request", "invalid_grant", "enter the new refresh token"),
        ("401 Unauthorized", "invalid_client", "client secret"),
        ("400 Bad Request", "invalid_scope", "grant them"),
        ("418 Teapot", "odd\x00", "section oauth"),
        ("200 OK", "", "section oauth"),  # an answer without a token
    ],
)
async def test_refusal_says_what_to_do_and_no_secret(
    clock: FakeClock, status: str, error: str, words: str
) -> None:
    said = json.dumps({"error": error, "error_description": "refresh-1 is over"}).encode()
    async with http_server(lambda _asked: answering(status, said)) as server:
        with pytest.raises(TokenRefused, match=words) as caught:
            await AccessTokens(OUTGOING, lambda: clock.time).get(INBOX, settings(server.port))
    assert "refresh-1" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Away"])
async def test_provider_that_is_away_is_no_refusal(clock: FakeClock, status: str) -> None:
    async with http_server(lambda _asked: answering(status, b"<html>")) as server:
        with pytest.raises(Unavailable):
            await AccessTokens(OUTGOING, lambda: clock.time).get(INBOX, settings(server.port))
