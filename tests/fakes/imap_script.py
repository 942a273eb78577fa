"""An IMAP server that says what a test tells it to: for what a real server does once in a year."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

HANG_UP = b"HANG UP"
SILENCE = b""
CAPABILITIES = b"* CAPABILITY IMAP4rev1 IDLE\r\n"
USUAL = {
    b"CAPABILITY": CAPABILITIES + b"<tag> OK\r\n",
    b"SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 2]\r\n<tag> OK\r\n",
}


class ScriptedImap:
    """`answers` maps how a command begins to all that is said to it, <tag> standing for its tag.

    What is not in it is answered OK; HANG_UP at an end closes the connection. `heard` has the
    commands as they came.
    """

    def __init__(self, answers: Mapping[bytes, bytes], greeting: bytes) -> None:
        self.answers = {**USUAL, **answers}
        self.greeting = greeting
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        with suppress(asyncio.CancelledError, OSError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            tag, _, command = line.rstrip(b"\r\n").partition(b" ")
            said = next(
                (said for start, said in self.answers.items() if command.startswith(start)),
                b"<tag> OK\r\n",
            )
            writer.write(said.removesuffix(HANG_UP).replace(b"<tag>", tag))
            if said.endswith(HANG_UP):
                return


@asynccontextmanager
async def scripted_imap(
    answers: Mapping[bytes, bytes], greeting: bytes = b"* OK ready\r\n"
) -> AsyncIterator[ScriptedImap]:
    script = ScriptedImap(answers, greeting)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = int(server.sockets[0].getsockname()[1])
    try:
        yield script
    finally:
        server.close()
