"""How inboxes are set up and how their mailboxes stand: for administrators."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services
from servicedesk.app.api.inputs import Body
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.channels.email.dkim_keys import new_signing_key
from servicedesk.channels.email.dkim_signing import public_record, record_name
from servicedesk.channels.email.providers import PROVIDERS, Hint
from servicedesk.channels.email.settings import (
    DkimSettings,
    EmailInboxSettings,
    OAuthProvider,
    Security,
    SignIn,
)
from servicedesk.desk.inbox_settings import open_settings
from servicedesk.desk.inboxes import InboxFacts, get_inbox
from servicedesk.desk.views_inboxes import load_inboxes
from servicedesk.domain.errors import BadInput, ConfigurationError
from servicedesk.domain.ids import InboxId
from servicedesk.intake.mailbox_states import FolderState
from servicedesk.intake.mailboxes import FolderBook, list_folders
from servicedesk.intake.views_arrivals import last_arrivals
from servicedesk.kernel.http.pages import Listing
from servicedesk.kernel.sealed import show_settings
from servicedesk.kernel.secrets import SealBroken
from servicedesk.people.shapes import Shape


class MailboxFolder(Shape):
    """A folder that mail is fetched from. `error` says what to do. `progress_*` count the mails
    that were there before the desk; the first sync is over when they are equal."""

    folder: str
    state: FolderState
    error: str | None
    attempts: int
    progress_done: int
    progress_total: int
    last_mail_at: datetime | None


class InboxState(Shape):
    """How an inbox stands. `last_mail_at`: when mail came in last, by whichever way. `folders` is
    empty for one whose mail comes by SMTP."""

    inbox_id: UUID
    last_mail_at: datetime | None
    folders: list[MailboxFolder]


class DnsRecord(Shape):
    """A TXT record that whoever runs the domain publishes."""

    name: str
    value: str


class InboxSetup(Shape):
    """The settings of an inbox; a secret that is set is `true`. `version` is for If-Match.

    `dkim` is the record to publish for the key that signs; null without one that can be used.
    """

    inbox_id: UUID
    version: int
    settings: dict[str, Any]
    dkim: DnsRecord | None


class NewKeyBody(Body):
    domain: str = Field(max_length=253)
    selector: str = Field(max_length=63)


class NewKey(Shape):
    """A key that is kept nowhere: it goes into the settings of an inbox with what else is typed."""

    private_key: str
    dkim: DnsRecord


@Operation(tag="inboxes", answers=Listing[InboxState], roles=ADMINISTRATORS)
async def list_inbox_states(request: Request) -> Response:
    """List how each inbox stands: its mailbox folders, and when mail came in last."""
    sql = services(request).database.sql
    ids = [InboxId(inbox.id) for inbox in await load_inboxes(sql)]
    folders = await list_folders(sql, ids)
    came = await last_arrivals(sql, ids)
    states = [_state(inbox_id, folders.get(inbox_id, []), came.get(inbox_id)) for inbox_id in ids]
    return answer(Listing[InboxState](items=states, next=None))


@Operation(tag="inboxes", answers=InboxSetup, roles=ADMINISTRATORS)
async def show_inbox_setup(request: Request) -> Response:
    """Show the settings of an inbox; of its secrets only which are set."""
    sql = services(request).database.sql
    inbox = await get_inbox(sql, request.path_params["inbox_id"])
    (row,) = await load_inboxes(sql, [inbox.id])
    setup = InboxSetup(
        inbox_id=inbox.id,
        version=row.version,
        settings=show_settings(inbox.settings),
        dkim=_record_of(request, inbox),
    )
    return answer(setup, version=row.version)


class MailProvider(Shape):
    """A provider whose settings are known. `hints` are codes of what to do there first; `domains`
    are those of its own addresses; `keeps_sent`: sent mail is kept in its folder by itself."""

    id: str
    name: str
    domains: list[str]
    hints: list[Hint]
    imap_host: str
    imap_port: int
    smtp_host: str
    smtp_port: int
    smtp_security: Security
    sign_in: list[SignIn]
    oauth: OAuthProvider | None
    sent_folder: str
    keeps_sent: bool


@Operation(tag="inboxes", answers=Listing[MailProvider], roles=ADMINISTRATORS)
async def list_mail_providers(_request: Request) -> Response:
    """List the mail providers whose settings are known."""
    known = [
        MailProvider(
            id=one.id,
            name=one.name,
            domains=list(one.domains),
            hints=list(one.hints),
            imap_host=one.imap_host,
            imap_port=one.imap_port,
            smtp_host=one.smtp_host,
            smtp_port=one.smtp_port,
            smtp_security=one.smtp_security,
            sign_in=list(one.sign_in),
            oauth=one.oauth,
            sent_folder=one.sent_folder,
            keeps_sent=one.keeps_sent,
        )
        for one in PROVIDERS
    ]
    return answer(Listing[MailProvider](items=known, next=None))


@Operation(tag="inboxes", answers=NewKey, roles=ADMINISTRATORS)
async def make_dkim_key(_request: Request, json: NewKeyBody) -> Response:
    """Make a key that signs mail (RSA, 2048 bits), and tell the DNS record that proves it."""
    private_key = await asyncio.to_thread(new_signing_key)
    try:
        settings = DkimSettings(
            domain=json.domain, selector=json.selector, private_key=SecretStr(private_key)
        )
    except ValidationError as error:
        path = str(error.errors()[0]["loc"][0])
        raise BadInput(f"{path}: {error.errors()[0]['msg']}.", path=path) from None
    return answer(NewKey(private_key=private_key, dkim=_record(settings)))


def _record_of(request: Request, inbox: InboxFacts) -> DnsRecord | None:
    try:
        settings = open_settings(services(request).secrets, inbox, EmailInboxSettings)
        return None if settings.dkim is None else _record(settings.dkim)
    except (
        ConfigurationError,
        SealBroken,
    ):  # a key that cannot be used, or none: the live check says which
        return None


def _record(settings: DkimSettings) -> DnsRecord:
    return DnsRecord(name=record_name(settings), value=public_record(settings))


def _state(inbox_id: InboxId, books: list[FolderBook], came: datetime | None) -> InboxState:
    folders = [
        MailboxFolder(
            folder=book.folder,
            state=book.state,
            error=book.error,
            attempts=book.attempts,
            progress_done=book.progress_done,
            progress_total=book.progress_total,
            last_mail_at=book.last_mail_at,
        )
        for book in books
    ]
    return InboxState(inbox_id=inbox_id, last_mail_at=came, folders=folders)


ROUTES = [
    Route("/api/inbox-states", list_inbox_states, methods=["GET"]),
    Route("/api/mail-providers", list_mail_providers, methods=["GET"]),
    Route("/api/inboxes/dkim-key", make_dkim_key, methods=["POST"]),
    Route("/api/inboxes/{inbox_id:uuid}/setup", show_inbox_setup, methods=["GET"]),
]
