"""/api/socket: the one WebSocket of each console."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from servicedesk.app.api.cookies import read_session
from servicedesk.app.api.guard import Forged, check_origin
from servicedesk.domain.errors import Unavailable
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.heartbeat import Heartbeat
from servicedesk.realtime.hub import Hub
from servicedesk.realtime.protocol.frames import CloseCode
from servicedesk.realtime.push import Push, SocketLost

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services

CLOSE_SECONDS = 2.0
LONGEST_POSITION = 18


@asynccontextmanager
async def push_running(application: Starlette) -> AsyncIterator[None]:
    """Run the hub while the application serves: the application's lifespan."""
    services = cast("Services", application.state.services)
    hub = Hub(services.database, services.bus)
    grace_seconds = services.settings.console_grace_seconds
    heartbeat = Heartbeat(services.database, hub, grace_seconds)
    async with hub.running(), heartbeat.running():
        application.state.push = Push(services.database, services.bus, hub, heartbeat)
        yield


class WebSocketAsSocket:
    """What realtime needs of Starlette's WebSocket."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def send_text(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            raise SocketLost("The console went while something was sent.") from error

    async def receive_text(self) -> str:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise SocketLost("The console closed the socket.")
        return str(message.get("text") or "")


async def serve_socket(websocket: WebSocket) -> None:
    """Accept first, so that the console reads why it is turned away: browsers hide refusals."""
    await websocket.accept()
    code = await _serve(websocket)
    # the other side may be gone already
    with suppress(WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(code)


async def _serve(websocket: WebSocket) -> CloseCode:
    try:
        if websocket.headers.get("origin") is None:
            return CloseCode.WRONG_ORIGIN
        check_origin(websocket)
        signed_in = await read_session(websocket)
    except Forged:
        return CloseCode.WRONG_ORIGIN
    except Unavailable:
        return CloseCode.GOING_AWAY
    if signed_in is None:
        return CloseCode.SESSION_ENDED
    connection = Connection(signed_in.viewer, signed_in.session_id)
    push = cast("Push", websocket.app.state.push)
    return await push.run(WebSocketAsSocket(websocket), connection, _position(websocket))


def _position(websocket: WebSocket) -> int | None:
    """Return the position that the console saw last; None if it names none that could be one."""
    given = websocket.query_params.get("position", "")
    usable = given.isascii() and given.isdigit() and len(given) <= LONGEST_POSITION
    return int(given) if usable else None


ROUTES = [WebSocketRoute("/api/socket", serve_socket)]
