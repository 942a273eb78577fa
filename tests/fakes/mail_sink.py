"""A mail server that keeps what it gets: `python -m tests.fakes.mail_sink PORT FOLDER`."""

import asyncio
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from servicedesk.kernel.ids import new_id


class Keep:
    """Each mail is a file whose name sorts by arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        whole = self._folder / f"{new_id()}.eml"
        whole.with_suffix(".part").write_bytes(content)
        whole.with_suffix(".part").rename(whole)
        return "250 Kept"


async def main(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Keep(folder), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    kept = Path(sys.argv[2])
    kept.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(int(sys.argv[1]), kept))
