"""One decorator per handler says all that is true of an operation before its body runs.

Who may call it, what it answers, whether it needs If-Match or honours Idempotency-Key. The same
facts make the OpenAPI document. Order: sign-in, CSRF, role, input, handler.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel
from spectree import Response as Answers
from starlette.requests import Request
from starlette.responses import Response

from servicedesk.app.api.context import services
from servicedesk.app.api.documentation import api
from servicedesk.app.api.guard import admit
from servicedesk.app.api.replay import answer_once
from servicedesk.domain.people import Role
from servicedesk.kernel.http.bodies import JSON_MAX_BYTES
from servicedesk.kernel.log import log_context

EVERYONE = frozenset(Role)
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
SUPERVISORS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
WORKERS = EVERYONE - {Role.OBSERVER}


class Handler(Protocol):
    def __call__(self, request: Request, /, *args: Any, **kwargs: Any) -> Awaitable[Response]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Write it over a handler: `@Operation(tag="teams", answers=Team, roles=ADMINISTRATORS)`.

    The handler gets the request, and `json` and `query` if it names them with a strict model.
    `public`: no sign-in and no CSRF token. `answers` None and `media_type` "": no body (204).
    `media_type`: bytes of that type. `takes_bytes`: the body is raw bytes. `needs_headers`: name →
    what it holds. `may_lose_sight`: answers 204 instead when the write took the thing out of the
    caller's sight. `problems`: statuses beside those that follow from the rest (401, 403, 404, 412,
    415, 422, 428, 503).
    """

    tag: str
    answers: type[BaseModel] | None = None
    status: int = 200
    roles: frozenset[Role] = EVERYONE
    public: bool = False
    conditional: bool = False
    idempotent: bool = False
    takes_bytes: bool = False
    media_type: str = ""
    needs_headers: Mapping[str, str] = field(default_factory=dict)
    may_lose_sight: bool = False
    problems: tuple[int, ...] = ()

    def __call__(self, handler: Callable[..., Awaitable[Response]]) -> Handler:
        code = f"HTTP_{self.status}"
        empty = ("HTTP_204",) if self.may_lose_sight else ()
        answers = Answers(*empty, **{code: self.answers}) if self.answers else Answers(code)
        checked = api.validate(resp=answers, tags=[self.tag], operation_id=handler.__name__)(
            handler
        )

        @functools.wraps(checked)
        async def guarded(request: Request, /) -> Response:
            with log_context(ticket_id=request.path_params.get("ticket_id")):
                await admit(request, roles=self.roles, public=self.public)
                if self.idempotent:
                    return await answer_once(request, checked, self._most_bytes(request))
                response: Response = await checked(request)
                return response

        guarded.operation = self  # type: ignore[attr-defined]  # read by openapi.py
        return guarded

    def _most_bytes(self, request: Request) -> int:
        upload_max_bytes = services(request).settings.upload_max_bytes
        return upload_max_bytes if self.takes_bytes else JSON_MAX_BYTES


def operation_of(endpoint: object) -> Operation | None:
    """Return what was declared over the endpoint, None for one without."""
    found = getattr(endpoint, "operation", None)
    return found if isinstance(found, Operation) else None
