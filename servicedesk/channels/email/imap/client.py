"""Signed in to a mailbox: the few commands that the desk needs, each with an end.

Every wait ends with the answer, with the connection, or after a silence. After any of the last two
the connection is useless (aioimaplib keeps a command that was given up for pending) and is closed.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Collection, Coroutine
from typing import Any

from aioimaplib.aioimaplib import AUTH, AioImapException, Response

from servicedesk.channels.email.imap import answers
from servicedesk.channels.email.imap.account import Account
from servicedesk.channels.email.imap.answers import ListedFolder, Overview, Selected
from servicedesk.channels.email.imap.errors import (
    CommandRefused,
    FolderRefused,
    MailboxAway,
    SignInRefused,
)
from servicedesk.channels.email.imap.names import folder_argument, quoted, uid_set
from servicedesk.channels.email.imap.wire import USUAL_ALLOWANCE_BYTES, Fetch, Wire

FOR_NOW = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG")  # RFC 5530
SEEN = "(\\Seen)"
FETCH_SLACK_BYTES = 4_000_000
SLOWEST_BYTES_PER_SECOND = 50_000


class MailboxClient:
    """One connection. Any MailboxAway makes it useless."""

    def __init__(self, wire: Wire, account: Account) -> None:
        self._wire = wire
        self._account = account
        self._idle_works = True

    @property
    def grew(self) -> asyncio.Event:
        """Set when the server said that the selected folder has more mail."""
        return self._wire.grew

    def has(self, capability: str) -> bool:
        return capability in self._wire.capabilities

    async def sign_in(self, *, fresh: bool) -> None:
        """LOGIN or XOAUTH2. Raises SignInRefused with the server's words."""
        if self._wire.state == AUTH:  # a server that greets with PREAUTH
            return
        account, user = self._account, self._account.username
        if account.tokens is not None:
            if not user.isascii():
                raise SignInRefused("xoauth2 takes only a user name of ASCII characters.")
            token = await account.tokens(fresh=fresh)
            answer = await self._ask(self._wire.xoauth2(user, token))
            said = " ".join(filter(None, (answers.words_of(answer.lines), self._wire.refusal)))
            refused = "The server does not accept the access token. Connect the mailbox anew"
        elif self.has("LOGINDISABLED"):
            raise SignInRefused("The server takes no password on this connection. Use tls.")
        else:
            answer = await self._ask(self._wire.login(quoted(user), account.password))
            said = answers.words_of(answer.lines)
            refused = "The server does not accept the user name and the password. Check both"
        self._check_whether_for_now(answer)
        if answer.result != "OK":
            raise SignInRefused(f"{refused}. It says: {said}", says=said)
        await self._ask(self._wire.capability())
        self._wire.capabilities = {name.upper() for name in self._wire.capabilities}

    async def select(self, folder: str) -> Selected:
        """Open a folder. Raises FolderRefused."""
        answer = await self._ask(self._wire.select(folder_argument(folder)))
        self._wire.grew.clear()
        self._check_whether_for_now(answer)
        if answer.result != "OK":
            raise FolderRefused(
                f"The folder {folder!r} cannot be opened. Check its name. The server says: "
                f"{answers.words_of(answer.lines)}"
            )
        found = answers.selected(answer.lines)
        if found is None:
            raise FolderRefused(
                f"The server gives the mails of {folder!r} no lasting numbers (UIDVALIDITY)."
            )
        return found

    async def folders(self) -> list[ListedFolder]:
        """Return the folders of the account that can be opened."""
        answer = await self._must(self._wire.simple_command("LIST", '""', '"*"'))
        return answers.listed(answer.lines)

    async def search(self, criteria: str) -> list[int]:
        """UID SEARCH, ascending. Without CHARSET, which some servers refuse."""
        answer = await self._must(self._wire.search(criteria, charset=None, by_uid=True))
        return answers.found_uids(answer.lines)

    async def overview(self, uids: Collection[int], head: str = "") -> list[Overview]:
        """Sizes and arrival times, with the header fields named in `head`; without what is gone."""
        items = "UID RFC822.SIZE INTERNALDATE"
        if head:
            items += f" BODY.PEEK[HEADER.FIELDS ({head})]"
        return answers.overviews((await self._fetch(uids, items, USUAL_ALLOWANCE_BYTES)).lines)

    async def fetch(self, uids: Collection[int], size_bytes: int) -> dict[int, bytes]:
        """Whole mails, together about `size_bytes`; without what the server leaves out."""
        answer = await self._fetch(uids, "UID BODY.PEEK[]", 2 * size_bytes + FETCH_SLACK_BYTES)
        return answers.bodies(answer.lines)

    async def fetch_beginning(self, uid: int, size_bytes: int) -> bytes | None:
        """The first `size_bytes` of a mail."""
        items = f"UID BODY.PEEK[]<0.{size_bytes}>"
        answer = await self._fetch([uid], items, 2 * size_bytes + FETCH_SLACK_BYTES)
        found = answers.bodies(answer.lines).get(uid)
        return None if found is None else found[:size_bytes]

    async def mark_seen(self, uids: Collection[int]) -> None:
        await self._must(self._wire.store(uid_set(uids), "+FLAGS.SILENT", SEEN, by_uid=True))

    async def move(self, uids: Collection[int], folder: str) -> None:
        """Move mails; the folder is made if it is missing. Without MOVE: copy, then delete."""
        try:
            await self._move(uid_set(uids), folder_argument(folder))
        except CommandRefused as refusal:
            if not refusal.facts.get("try_create"):
                raise
            await self.create(folder)
            await self._move(uid_set(uids), folder_argument(folder))

    async def create(self, folder: str) -> None:
        await self._must(self._wire.simple_command("CREATE", folder_argument(folder)))

    async def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into a folder, as read."""
        command = self._wire.append(raw, folder_argument(folder), SEEN)
        await self._must(command, head_start_seconds=len(raw) / SLOWEST_BYTES_PER_SECOND)

    async def wait_for_mail(self, seconds: float) -> None:
        """Return when mail was announced, and after `seconds` at the latest."""
        wire, patience = self._wire, self._account.patience
        seconds = min(seconds, patience.longest_idle_seconds)
        if not (self._idle_works and self.has("IDLE")):
            await self._first(wire.grew.wait(), seconds)
            return
        wire.expect()
        ended = asyncio.ensure_future(wire.idle())
        try:
            began = _either(wire.wait_for_idle_response(), ended)
            if not await self._first(began, patience.answer_seconds):
                raise wire.away("went silent")
            if wire.has_pending_idle_command():
                await self._first(_either(wire.grew.wait(), ended), seconds)
            if wire.has_pending_idle_command():
                wire.idle_done()
            answer = await self._ask(ended)
        finally:
            ended.cancel()
        self._idle_works = answer.result == "OK"
        while not wire.idle_queue.empty():
            wire.idle_queue.get_nowait()

    async def say_goodbye(self) -> None:
        """LOGOUT, if the server is quick about it."""
        if self._wire.lost.done():
            return
        with contextlib.suppress(MailboxAway, TimeoutError):
            async with asyncio.timeout(self._account.patience.goodbye_seconds):
                await self._ask(self._wire.logout())

    async def _fetch(self, uids: Collection[int], items: str, allowance: int) -> Response:
        command = Fetch(self._wire.new_tag(), uid_set(uids), f"({items})")
        return await self._must(self._wire.execute(command), allowance)

    async def _move(self, uids: str, folder: str) -> None:
        wire = self._wire
        if self.has("MOVE"):
            await self._must(wire.move(uids, folder, by_uid=True))
            return
        await self._must(wire.copy(uids, folder, by_uid=True))
        await self._must(wire.store(uids, "+FLAGS.SILENT", "(\\Deleted)", by_uid=True))
        if self.has("UIDPLUS"):  # a plain EXPUNGE would take what others have deleted as well
            await self._must(wire.expunge(uids, by_uid=True))

    def _check_whether_for_now(self, answer: Response) -> None:
        """Raise MailboxAway for a refusal that the server itself calls a passing one."""
        if answer.result != "OK" and any(answers.has_code(answer.lines, code) for code in FOR_NOW):
            raise MailboxAway(
                f"The mail server cannot now: {answers.words_of(answer.lines)} It is tried again."
            )

    async def _must(
        self,
        command: Coroutine[Any, Any, Response],
        allowance: int = USUAL_ALLOWANCE_BYTES,
        head_start_seconds: float = 0.0,
    ) -> Response:
        answer = await self._ask(command, allowance, head_start_seconds)
        if answer.result != "OK":
            words = answers.words_of(answer.lines)
            raise CommandRefused(
                f"The mail server refuses: {words}",
                words=words,
                try_create=answers.has_code(answer.lines, "TRYCREATE"),
            )
        return answer

    async def _ask(
        self,
        command: Awaitable[Any],
        allowance: int = USUAL_ALLOWANCE_BYTES,
        head_start_seconds: float = 0.0,
    ) -> Response:
        """Await an answer, as long as something comes within the patience.

        `head_start_seconds`: for how much longer the server may be silent while it is written to.
        """
        wire, patience = self._wire, self._account.patience
        wire.expect(allowance)
        answer = asyncio.ensure_future(command)
        try:
            left = patience.answer_seconds + head_start_seconds
            while not answer.done():
                if left <= 0:
                    raise wire.away("went silent")
                await asyncio.wait({answer, wire.lost}, timeout=left, return_when="FIRST_COMPLETED")
                if wire.lost.done() and not answer.done():
                    raise wire.away("hung up")
                left = wire.heard_at + patience.answer_seconds - wire.loop.time()
            return answer.result()
        except (AioImapException, UnicodeError, LookupError):
            wire.hang_up()
            raise wire.away("answered what cannot be understood") from None
        finally:
            answer.cancel()

    async def _first(self, event: Awaitable[object], seconds: float) -> bool:
        """Wait for the event; return False after the time. Raises MailboxAway."""
        lost = self._wire.lost
        happened: asyncio.Future[Any] = asyncio.ensure_future(event)
        try:
            await asyncio.wait({happened, lost}, timeout=seconds, return_when="FIRST_COMPLETED")
            if lost.done():
                raise self._wire.away("hung up")
            return happened.done()
        finally:
            happened.cancel()


async def _either(event: Awaitable[object], ended: asyncio.Future[Any]) -> None:
    happened: asyncio.Future[Any] = asyncio.ensure_future(event)
    try:
        await asyncio.wait({happened, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        happened.cancel()
