"""What every answer has: a request id, security headers, and a problem instead of a traceback."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicedesk.kernel.http.addresses import client_address
from servicedesk.kernel.http.problems import problem_response
from servicedesk.kernel.ids import new_id

NOTHING_LOADS_FROM_HERE = "default-src 'none'; frame-ancestors 'none'"
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": NOTHING_LOADS_FROM_HERE,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Cache-Control": "no-store",
}
ONE_YEAR_OF_TLS = "max-age=31536000"

log = structlog.get_logger("servicedesk.http")


@dataclass(frozen=True, slots=True)
class Answered:
    """A finished request. `endpoint` is what the router chose, None if it found nothing."""

    method: str
    endpoint: object
    status: int
    seconds: float


def ignore(_answered: Answered) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class MannersSettings:
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()
    behind_tls: bool = False
    on_answered: Callable[[Answered], None] = ignore


class Manners:
    """The outermost layer. Sets `request.state.request_id` and `request.state.address`.

    A header that the route set itself stays: pages and attachments have policies of their own.
    """

    def __init__(self, app: ASGIApp, settings: MannersSettings) -> None:
        self._app = app
        self._settings = settings
        self._headers = dict(SECURITY_HEADERS)
        if settings.behind_tls:
            self._headers["Strict-Transport-Security"] = ONE_YEAR_OF_TLS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = str(new_id())
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["address"] = self._address(scope)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["type"] == "http":
                await self._answer(scope, receive, send, request_id)
            else:
                await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started_at = time.perf_counter()
        status = 0

        async def send_with_manners(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_manners)
        except Exception:
            log.exception(
                "request failed", method=scope["method"], path=scope["path"], **_ids(scope)
            )
            if status:
                raise  # half an answer is out: only closing the connection tells the truth
            await _unexpected(request_id)(scope, receive, send_with_manners)
        finally:
            seconds = time.perf_counter() - started_at
            log.debug(
                "answered",
                method=scope["method"],
                path=scope["path"],
                status=status,
                milliseconds=round(seconds * 1000, 1),
                **_ids(scope),
            )
            self._settings.on_answered(
                Answered(scope["method"], scope.get("endpoint"), status, seconds)
            )

    def _address(self, scope: Scope) -> str:
        peer = scope.get("client")
        return client_address(
            peer[0] if peer else "",
            Headers(scope=scope).getlist("x-forwarded-for"),
            self._settings.trusted_proxies,
        )


def _ids(scope: Scope) -> dict[str, str]:
    """Return the ids that the router found in the path, by name: ticket_id and the like."""
    found = scope.get("path_params", {}).items()
    return {name: str(value) for name, value in found if name.endswith("_id")}


def _unexpected(request_id: str) -> ASGIApp:
    return problem_response(
        500,
        "internal",
        "Something went wrong that should not have. It was logged under this request id; "
        "if it stays, send the id to the people who run the desk.",
        facts={"request_id": request_id},
    )
