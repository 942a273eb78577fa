"""A wire that can be cut: passes bytes between a port of its own and a server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Wire:
    """Cut, it drops what is connected and refuses what comes; mended, it passes again.

    Stalled, it swallows what comes and nobody is told: a half-open connection.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._cut = False
        self._stalled = False
        self._allowed_bytes: int | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def is_cut(self) -> bool:
        return self._cut

    def cut(self) -> None:
        self._cut = True
        for writer in list(self._writers):
            writer.transport.abort()

    def cut_after(self, size_bytes: int) -> None:
        """Cut by itself, once so much has passed from the server."""
        self._allowed_bytes = size_bytes

    def stall(self) -> None:
        self._stalled = True

    def mend(self) -> None:
        """Pass what connects from now on; what was stalled stays so."""
        self._cut = False
        self._stalled = False

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:  # the server is down
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer, counted=True))
        self._writers -= {writer, back}

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool = False
    ) -> None:
        stalled = False
        try:
            while chunk := await reader.read(65_536):
                stalled = stalled or self._stalled
                if stalled:
                    continue
                writer.write(chunk if not counted else self._count(chunk))
                await writer.drain()
        finally:
            writer.close()

    def _count(self, chunk: bytes) -> bytes:
        """Return what may still pass, and cut at its end."""
        if self._allowed_bytes is None:
            return chunk
        allowed = chunk[: self._allowed_bytes]
        self._allowed_bytes -= len(allowed)
        if len(allowed) < len(chunk):
            self._allowed_bytes = None
            asyncio.get_running_loop().call_soon(self.cut)
        return allowed


@contextlib.asynccontextmanager
async def wire_to(host: str, port: int) -> AsyncIterator[Wire]:
    wire = Wire(host, port)
    server = await wire.serve()
    try:
        yield wire
    finally:
        wire.cut()
        server.close()
