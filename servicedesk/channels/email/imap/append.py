"""Puts a copy of what was sent into a folder of the mailbox."""

from servicedesk.channels.email.imap.account import Account
from servicedesk.channels.email.imap.client import MailboxClient
from servicedesk.channels.email.imap.connect import signed_in
from servicedesk.channels.email.imap.errors import CommandRefused, FolderRefused
from servicedesk.channels.email.imap.names import quoted


async def append_copy(account: Account, folder: str, raw: bytes, message_id: str = "") -> None:
    """Append a mail (CRLF line ends), as read; the folder is made if it is missing.

    `message_id` (without brackets): if the folder has that mail already, nothing is added. So an
    attempt whose answer was lost is not doubled. Raises MailboxFault: what to do is in its words.
    """
    async with signed_in(account) as client:
        if message_id and await _has(client, folder, message_id):
            return
        try:
            await client.append(folder, raw)
        except CommandRefused as refusal:
            if not refusal.facts.get("try_create"):
                raise
            await client.create(folder)
            await client.append(folder, raw)


async def _has(client: MailboxClient, folder: str, message_id: str) -> bool:
    try:
        await client.select(folder)
    except FolderRefused:
        return False
    return bool(await client.search(f"HEADER MESSAGE-ID {quoted(message_id)}"))
