"""The web application served by a real uvicorn on a free port, for real WebSockets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from servicedesk.app.api.application import make_application
from servicedesk.app.api.cookies import SESSION_COOKIE
from servicedesk.app.wiring import Services
from servicedesk.realtime.push import Push

PATIENCE_SECONDS = 20
Word = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """`origin` is what a page of this desk sends as Origin."""

    port: int
    app: Any

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def push(self) -> Push:
        push: Push = self.app.state.push
        return push

    @asynccontextmanager
    async def socket(
        self, token: str, *, position: int | None = None, origin: str | None = ""
    ) -> AsyncIterator[ClientConnection]:
        """Open a socket as a browser with the session's cookie would; `origin` None: no header."""
        query = "" if position is None else f"?position={position}"
        headers = {"Cookie": f"{SESSION_COOKIE}={token}"}
        if origin is not None:
            headers["Origin"] = origin or self.origin
        url = f"ws://127.0.0.1:{self.port}/api/socket{query}"
        async with connect(url, additional_headers=headers, compression=None) as opened:
            yield opened


async def hear(opened: ClientConnection, word_type: str, kind: str | None = None) -> Word:
    """Return the next word of that type (and kind), passing over others."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            word: Word = json.loads(await opened.recv())
            if word["type"] == word_type and kind in (None, word.get("kind")):
                return word


@asynccontextmanager
async def serve(services: Services) -> AsyncIterator[Served]:
    app = make_application(services)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, ws="websockets-sansio", log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield Served(listening.getsockname()[1], app)
    finally:
        server.should_exit = True
        await task
        listening.close()
