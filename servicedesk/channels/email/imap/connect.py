"""From an account to a signed-in client, and back to a closed connection."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from servicedesk.channels.email.imap.account import Account
from servicedesk.channels.email.imap.client import MailboxClient
from servicedesk.channels.email.imap.errors import MailboxAway, SignInRefused
from servicedesk.channels.email.imap.wire import Wire


@asynccontextmanager
async def signed_in(account: Account) -> AsyncIterator[MailboxClient]:
    """Connect and sign in; say goodbye at the end. Raises MailboxAway and SignInRefused.

    A refused access token is fetched anew once: it may have expired or been taken back.
    """
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(_connected(account))
        try:
            await client.sign_in(fresh=False)
        except SignInRefused:
            if account.tokens is None:
                raise
            await stack.aclose()
            client = await stack.enter_async_context(_connected(account))
            await client.sign_in(fresh=True)
        yield client


@asynccontextmanager
async def _connected(account: Account) -> AsyncIterator[MailboxClient]:
    wire = Wire(asyncio.get_running_loop())
    try:
        await _open(wire, account)
        client = MailboxClient(wire, account)
        yield client
        await client.say_goodbye()
    finally:
        wire.hang_up()


async def _open(wire: Wire, account: Account) -> None:
    loop = asyncio.get_running_loop()
    place = f"{account.host}:{account.port}"
    try:
        async with asyncio.timeout(account.patience.connect_seconds):
            transport, _ = await loop.create_connection(
                lambda: wire, account.host, account.port, ssl=account.tls_context
            )
            _keep_alive(transport)
            greeted = asyncio.ensure_future(wire.wait("AUTH|NONAUTH"))
            await asyncio.wait({greeted, wire.lost}, return_when=asyncio.FIRST_COMPLETED)
            greeted.cancel()
    except ssl.SSLCertVerificationError as error:
        raise MailboxAway(
            f"The certificate of {place} is not trusted ({error.verify_message}). Give the name "
            "that is in the certificate, or have its authority trusted."
        ) from None
    except socket.gaierror:
        raise MailboxAway(f"There is no server {account.host}. Check the name.") from None
    except TimeoutError:
        raise MailboxAway(f"{place} does not answer. Check host and port.") from None
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise MailboxAway(f"{place} cannot be reached: {words}.") from None
    if wire.lost.done():
        raise wire.away("hung up before its greeting")


def _keep_alive(transport: asyncio.BaseTransport) -> None:
    """Let the system find out, hours sooner than by silence, that the other side is gone."""
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
