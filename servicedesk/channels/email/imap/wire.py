"""One connection to an IMAP server: aioimaplib's protocol with its traps closed.

What was reproduced with aioimaplib 2.0.3, and what is done about it here:

- a line is handled by recursion: 1,000 short lines in one segment end in RecursionError, so data is
  handed on in slices;
- after each line of a FETCH all earlier lines are looked through again: `Fetch` counts instead;
- an EXISTS that comes with the answer to another command is thrown away, and IDLE does not tell it
  again: it is noted in `grew`;
- a refused XOAUTH2 waits for an empty line that is never sent: it is sent;
- a greeting of BYE leaves its words in a task that nobody reads: they are kept;
- `repr` of a command, and so a CommandTimeout, holds the password: no text of the library's errors
  is ever passed on.
"""

import asyncio
import base64
import binascii
import json
import re

from aioimaplib.aioimaplib import (
    CONNECTED,
    AioImapException,
    Command,
    FetchCommand,
    IMAP4ClientProtocol,
)

from servicedesk.channels.email.imap.errors import MailboxAway

SLICE_BYTES = 8_192
USUAL_ALLOWANCE_BYTES = 64_000_000
EXISTS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)
FETCHED = re.compile(rb"[0-9]+ FETCH \(", re.IGNORECASE)
LONGEST_WORDS = 300


class Fetch(FetchCommand):  # type: ignore[misc]  # aioimaplib has no types
    """UID FETCH that knows without looking back whether its last item is complete."""

    def __init__(self, tag: str, uids: str, items: str) -> None:
        super().__init__(tag, uids, items, prefix="UID")
        self._open = 0

    def append_to_resp(self, line: bytes | bytearray, result: str = "Pending") -> None:
        if isinstance(line, bytes) and result == "Pending":
            balance = line.count(b"(") - line.count(b")")
            self._open = balance if FETCHED.match(line) else self._open + balance
        super().append_to_resp(line, result)

    def wait_data(self) -> bool:
        return self._open != 0


class Wire(IMAP4ClientProtocol):  # type: ignore[misc]
    """`lost` is done when the connection is; `grew` is set when the folder has more mail."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lost: asyncio.Future[None] = loop.create_future()
        super().__init__(loop, lambda _error: self._note_lost())
        self.grew = asyncio.Event()
        self.heard_at = loop.time()
        self.last_words = ""
        self.refusal = ""
        self._allowance = USUAL_ALLOWANCE_BYTES

    def expect(self, most_bytes: int = USUAL_ALLOWANCE_BYTES) -> None:
        """Allow the next answer so many bytes; a server that sends more is left."""
        self._allowance = most_bytes
        self.heard_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        self._allowance -= len(data)
        if self._allowance < 0:
            self.last_words = "it sends far more than it was asked for"
            self.hang_up()
            return
        try:
            for start in range(0, len(data), SLICE_BYTES):
                super().data_received(data[start : start + SLICE_BYTES])
        except Exception:  # noqa: BLE001  # asyncio would log it: its text may hold the password
            self.last_words = self.last_words or "it answers what nobody asked"
            self.hang_up()

    def hang_up(self) -> None:
        """Close at once, and take back whatever still waits."""
        if self.transport is not None:
            self.transport.abort()
        self._note_lost()
        for task in list(self.tasks):
            task.cancel()

    def away(self, words: str) -> MailboxAway:
        """Return the error that says how the connection ended, with the server's last words."""
        told = f": {self.last_words}" if self.last_words else ""
        return MailboxAway(f"The mail server {words}{told}. It is tried again.")

    async def welcome(self, line: bytes) -> None:
        """Take the greeting; words of a BYE are kept."""
        try:
            if line.upper().startswith(b"* BYE"):
                self._keep_goodbye(line)
                self.hang_up()
            else:
                await super().welcome(line)
        except (AioImapException, LookupError, ValueError):
            self.last_words = self.last_words or "it does not speak IMAP4"
            self.hang_up()

    def _note_lost(self) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def _untagged_response(self, line: bytes) -> Command | None:
        if EXISTS.match(line):
            self.grew.set()
        elif line.upper().startswith(b"* BYE") and self.state != CONNECTED:
            self._keep_goodbye(line)
        return super()._untagged_response(line)

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None or command.name != "AUTHENTICATE":
            super()._continuation(line)
            return
        self.refusal = _refusal_words(line)
        self.transport.write(b"\r\n")

    def _keep_goodbye(self, line: bytes) -> None:
        self.last_words = _readable(re.sub(rb"^\* BYE\s*(\[[^\]]*\])?", b"", line))


def _refusal_words(line: bytes) -> str:
    """Return the status that a refused XOAUTH2 carries, "" if it has none of the known shape."""
    try:
        told = json.loads(base64.b64decode(line.removeprefix(b"+").strip()))
    except (ValueError, binascii.Error):
        return ""
    return f"status {told.get('status', '')}"[:LONGEST_WORDS] if isinstance(told, dict) else ""


def _readable(text: bytes) -> str:
    words = text.decode("utf-8", "replace").strip()
    return re.sub(r"[\x00-\x1f\x7f]+", " ", words)[:LONGEST_WORDS]
