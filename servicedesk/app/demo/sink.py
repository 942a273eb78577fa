"""Where the demo's outgoing mail ends: a local SMTP server that keeps each mail as a file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from servicedesk.kernel.ids import new_id


class _Keep:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        content = envelope.content
        if isinstance(content, str):
            content = content.encode()
        (self._folder / f"{new_id()}.eml").write_bytes(content or b"")
        return "250 Kept"


@asynccontextmanager
async def mail_sink(folder: Path) -> AsyncIterator[int]:
    """Run the sink on a free port of this machine; gives the port. The folder exists."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(_Keep(folder), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()
