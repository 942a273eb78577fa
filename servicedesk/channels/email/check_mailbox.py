"""The mailbox's part of a live check."""

import asyncio
from collections.abc import Sequence

from servicedesk.channels.email.check_steps import Step, StepName, connect_to, resolve
from servicedesk.channels.email.check_words import Finding, Found, Outcome, failed
from servicedesk.channels.email.imap.account import Account
from servicedesk.channels.email.imap.connect import signed_in
from servicedesk.channels.email.imap.errors import FolderRefused
from servicedesk.channels.email.imap.names import quoted
from servicedesk.channels.email.settings import EmailInboxSettings, ImapSettings

MOST_NAMED = 12


class MailboxCheck:
    """What is found in one step is looked at in the next."""

    def __init__(self, imap: ImapSettings, settings: EmailInboxSettings, account: Account) -> None:
        self._imap = imap
        self._settings = settings
        self._account = account
        self._folders: Sequence[str] = ()

    def steps(self) -> list[Step]:
        host, port = self._imap.host, self._imap.port
        return [
            Step(StepName.MAILBOX_NAME, lambda: resolve(host, port)),
            Step(StepName.MAILBOX_CONNECT, lambda: connect_to(host, port)),
            Step(StepName.MAILBOX_TLS, self._encrypt),
            Step(StepName.MAILBOX_SIGN_IN, self._sign_in),
            Step(StepName.MAILBOX_FOLDERS, self._look_for_folders),
        ]

    async def has(self, message_id: str) -> bool:
        """Say whether a mail has arrived in one of the folders."""
        async with signed_in(self._account) as client:
            for folder in (*self._imap.folders, self._imap.handled_folder):
                if not folder:
                    continue
                try:
                    await client.select(folder)
                except FolderRefused:
                    continue
                if await client.search(f"HEADER MESSAGE-ID {quoted(message_id)}"):
                    return True
        return False

    async def _encrypt(self) -> Found:
        context = self._account.tls_context
        if context is None:
            return Found(Finding.NOT_ENCRYPTED, outcome=Outcome.WARNING)
        _, writer = await asyncio.open_connection(self._imap.host, self._imap.port, ssl=context)
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
        return Found(Finding.ENCRYPTED, {"how": str(version)})

    async def _sign_in(self) -> Found:
        async with signed_in(self._account) as client:
            self._folders = [folder.name for folder in await client.folders()]
        return Found(Finding.LET_IN, {"user": self._imap.username})

    async def _look_for_folders(self) -> Found:
        there = {_name(folder) for folder in self._folders}
        missing = [name for name in self._imap.folders if _name(name) not in there]
        if missing:
            named = ", ".join(self._folders[:MOST_NAMED])
            return failed(Finding.FOLDERS_MISSING, folders=", ".join(missing), there=named)
        made = [name for name in self._made_when_needed() if _name(name) not in there]
        if made:
            facts = {"folders": ", ".join(made)}
            return Found(Finding.FOLDERS_TO_BE_MADE, facts, Outcome.WARNING)
        return Found(Finding.FOLDERS_THERE, {"folders": ", ".join(self._imap.folders)})

    def _made_when_needed(self) -> list[str]:
        copies = self._settings.sent_folder if self._settings.sent_copy else ""
        return [name for name in (self._imap.handled_folder, copies) if name]


def _name(folder: str) -> str:
    """INBOX is the same however it is written (RFC 3501 §5.1); no other folder is."""
    return "INBOX" if folder.upper() == "INBOX" else folder
