"""The live check of an inbox as it is typed, saved or not: each step is told as it ends."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from servicedesk.app.api.context import services
from servicedesk.app.api.inputs import Body, EmailAddress
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.app.inbox_check import check_tools
from servicedesk.channels.email.check import CheckedInbox, CheckTools, check_inbox
from servicedesk.channels.email.check_steps import CheckStep, StepName
from servicedesk.channels.email.check_words import Finding, Outcome
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk.inbox_settings import SettingsForm
from servicedesk.desk.inboxes import get_inbox
from servicedesk.domain.ids import InboxId
from servicedesk.domain.messages import Address
from servicedesk.kernel.ids import new_id
from servicedesk.people.shapes import Shape

LINES = "application/x-ndjson"


class CheckBody(Body):
    """`inbox_id`: whose stored secrets stand for those that `settings` do not name; null: a new
    inbox. `send_mail`: a test mail goes to its own address and is waited for."""

    inbox_id: UUID | None = None
    address: EmailAddress
    settings: dict[str, Any] = Field(max_length=50)
    send_mail: bool = False


class CheckLine(Shape):
    """`code` with its `facts` is what the console puts into words, null for a step that was
    skipped; `words` say the same in English, "" then."""

    name: StepName
    outcome: Outcome
    code: Finding | None
    facts: dict[str, str]
    words: str
    seconds: float


class Lines(StreamingResponse):
    """Lines as they come. spectree looks at the body of every answer, and this one has none yet:
    it gets an empty one after its headers, which would tell the server of its length."""

    media_type = LINES

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        super().__init__(content)
        self.body = b""


@Operation(tag="inboxes", media_type=LINES, roles=ADMINISTRATORS, problems=(404,))
async def check_inbox_now(request: Request, json: CheckBody) -> Response:
    """Try an inbox out: a line of JSON for each step as it ends, with its name, outcome, code,
    facts, words and seconds."""
    given = services(request)
    inbox_id, stored = InboxId(json.inbox_id or new_id()), {}
    if json.inbox_id is not None:
        stored = (await get_inbox(given.database.sql, json.inbox_id)).settings
    form = SettingsForm(EmailInboxSettings, json.settings, given.secrets)
    settings = EmailInboxSettings.model_validate(form.checked(inbox_id, stored))
    inbox = CheckedInbox(inbox_id, Address(json.address.lower()), settings)
    tools = check_tools(given, inbox_id)
    return Lines(_lines(inbox, tools, send_mail=json.send_mail))


async def _lines(
    inbox: CheckedInbox, tools: CheckTools, *, send_mail: bool
) -> AsyncIterator[bytes]:
    async for step in check_inbox(inbox, tools, send_mail=send_mail):
        yield _line(_shape(step))


def _shape(step: CheckStep) -> CheckLine:
    found = step.found
    return CheckLine(
        name=step.name,
        outcome=step.outcome,
        code=None if found is None else found.finding,
        facts={} if found is None else dict(found.facts),
        words=step.words,
        seconds=step.seconds,
    )


def _line(shape: BaseModel) -> bytes:
    return shape.model_dump_json().encode() + b"\n"


ROUTES = [Route("/api/inboxes/check", check_inbox_now, methods=["POST"])]
