"""Access tokens for signing in by XOAUTH2, fetched with a mailbox's refresh token (RFC 6749 §6).

A token is kept in memory until shortly before its end. Providers may hand out a new refresh token
with it (Microsoft's end after 90 days, whoever uses them); it is saved before it is used.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID

import orjson

from servicedesk.channels.email.settings import OAuthProvider, OAuthSettings
from servicedesk.domain.errors import BadInput, ServicedeskError, Unavailable
from servicedesk.domain.storable import storable
from servicedesk.kernel.http.outgoing import Answer, Call

EARLY_SECONDS = 120
"""A token is not handed out in its last two minutes: a long mail is signed in once."""
SHORTEST_SECONDS = 60
DEFAULT_SECONDS = 3_600  # RFC 6749 §5.1: expires_in is only recommended
TOKEN_URLS = {
    OAuthProvider.GOOGLE: "https://oauth2.googleapis.com/token",
    OAuthProvider.MICROSOFT: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}
SCOPES = {
    OAuthProvider.GOOGLE: "https://mail.google.com/",
    OAuthProvider.MICROSOFT: "offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
    "https://outlook.office.com/SMTP.Send",
}


class TokenRefused(BadInput):
    """The provider gives no token for these settings: somebody has to change them."""

    code = "token-refused"


class Calls(Protocol):
    """The one way out to HTTP."""

    async def call(self, call: Call) -> Answer: ...


class TellsToken(Protocol):
    """Tells the access token of one mailbox; `fresh`: the one told before was refused."""

    async def __call__(self, *, fresh: bool) -> str: ...


class SaveRefreshToken(Protocol):
    """Keeps the refresh token `new` that the provider gave instead of `old`."""

    async def __call__(self, inbox_id: UUID, old: str, new: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Token:
    """`renews_at`: from then on another one is fetched."""

    value: str = field(repr=False)
    renews_at: datetime


@dataclass(slots=True)
class _Kept:
    """What is known of one mailbox; its lock keeps two from fetching at once."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: Token | None = None


class AccessTokens:
    """The access tokens of this process."""

    def __init__(
        self, calls: Calls, clock: Callable[[], datetime], save: SaveRefreshToken | None = None
    ) -> None:
        self._calls = calls
        self._clock = clock
        self._save = save
        self._kept: dict[tuple[UUID, str], _Kept] = {}

    async def get(self, inbox_id: UUID, oauth: OAuthSettings, *, refused: str = "") -> str:
        """Return a token; `refused` is one that the mail server did not take: it is not told again.

        Raises TokenRefused and Unavailable, whose words say what to do.
        """
        kept = self._kept.setdefault((inbox_id, _fingerprint(oauth)), _Kept())
        async with kept.lock:
            token = kept.token
            if token is None or token.value == refused or self._clock() >= token.renews_at:
                kept.token = token = await self._fetch(inbox_id, oauth)
            return token.value

    def of_mailbox(self, inbox_id: UUID, oauth: Callable[[], OAuthSettings]) -> TellsToken:
        """Return what a client of this mailbox asks each time that it signs in.

        `oauth` tells the settings as they are by then: their refresh token changes by itself.
        """
        told = ""

        async def tell(*, fresh: bool) -> str:
            nonlocal told
            told = await self.get(inbox_id, oauth(), refused=told if fresh else "")
            return told

        return tell

    async def _fetch(self, inbox_id: UUID, oauth: OAuthSettings) -> Token:
        answer = await self._calls.call(_token_call(oauth))
        granted = _read_answer(answer, oauth)
        old = oauth.refresh_token.get_secret_value()
        if granted.refresh_token and granted.refresh_token != old and self._save is not None:
            await self._save(inbox_id, old, granted.refresh_token)
        lasts = max(granted.seconds - EARLY_SECONDS, SHORTEST_SECONDS)
        return Token(granted.access_token, self._clock() + timedelta(seconds=lasts))


@dataclass(frozen=True, slots=True)
class _Granted:
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: int


def _fingerprint(oauth: OAuthSettings) -> str:
    """Settings that were changed have tokens of their own.

    The refresh token is left out: it changes by itself, in every process that uses it, and a token
    that it gave stays good.
    """
    named = oauth.model_dump_json(exclude={"client_secret", "refresh_token"})
    told = f"{named}\0{oauth.client_secret.get_secret_value()}"
    return hashlib.sha256(told.encode()).hexdigest()


def _token_call(oauth: OAuthSettings) -> Call:
    form = {
        "grant_type": "refresh_token",
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret.get_secret_value(),
        "refresh_token": oauth.refresh_token.get_secret_value(),
        "scope": oauth.scope or SCOPES.get(oauth.provider, ""),
    }
    return Call(
        "POST",
        oauth.token_url or TOKEN_URLS[oauth.provider],
        urlencode({name: value for name, value in form.items() if value}).encode(),
        {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
    )


def _read_answer(answer: Answer, oauth: OAuthSettings) -> _Granted:
    said = _read_json(answer.content)
    token = said.get("access_token")
    if answer.status == 200 and isinstance(token, str) and token.isprintable() and token:
        refresh, seconds = said.get("refresh_token"), said.get("expires_in")
        return _Granted(
            token,
            refresh if isinstance(refresh, str) else "",
            int(min(seconds, 86_400)) if isinstance(seconds, int | float) else DEFAULT_SECONDS,
        )
    raise _refusal(answer.status, said, oauth)


_CLIENT = "check client id and client secret of the application."
_ADVICE = {
    "invalid_grant": (
        "the refresh token is no longer valid (withdrawn, unused for too long, or the password was "
        "changed). Connect the mailbox anew and enter the new refresh token."
    ),
    "invalid_client": _CLIENT,
    "unauthorized_client": _CLIENT,
    "invalid_scope": "the application may not have these scopes: grant them.",
}
"""By the error code of RFC 6749 §5.2."""


def _refusal(status: int, said: dict[str, object], oauth: OAuthSettings) -> ServicedeskError:
    """RFC 6749 §5.2: which of the settings the provider does not take."""
    error = storable(str(said.get("error", "")), 100)
    told = f"{oauth.provider.value} answered {status} {error}".strip()
    if status == 429 or status >= 500:
        return Unavailable(f"No access token now: {told}. It is tried again.")
    advice = _ADVICE.get(error, "check the section oauth of the inbox.")
    return TokenRefused(f"{told}: {advice}", error=error, says=told)


def _read_json(content: bytes) -> dict[str, object]:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
