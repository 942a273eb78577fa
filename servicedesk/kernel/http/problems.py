"""Problem details (RFC 9457): the one shape of every error that leaves over HTTP."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from servicedesk.domain.errors import BadInput, ServicedeskError

MEDIA_TYPE = "application/problem+json"


class FieldFault(BaseModel):
    """One thing wrong with the input. `path` names it: "name", "team_ids.0", "If-Match"."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: str
    message: str


class Problem(BaseModel):
    """`code` is what the console translates; ids that belong to the problem are extra members."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    type: str = Field(pattern=r"^/problems/[a-z-]+$")
    title: str
    status: int
    detail: str
    code: str
    request_id: str = ""
    errors: list[FieldFault] = []


class InvalidRequest(BadInput):
    """The request does not have the form that the API's document asks for."""

    code = "invalid-request"

    def __init__(self, message: str, faults: Sequence[FieldFault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class ContentTooLarge(BadInput):
    code = "content-too-large"


class UnsupportedMediaType(BadInput):
    code = "unsupported-media-type"


class PreconditionRequired(BadInput):
    """The write must say which version it was made for (RFC 6585 §3)."""

    code = "precondition-required"


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer that names the problem; `facts` become members beside the standard ones."""
    members: dict[str, Any] = {
        **(facts or {}),
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response(
        orjson.dumps(members, default=str),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def error_response(error: ServicedeskError, status: int, request_id: str) -> Response:
    """Return the problem that a domain error is, with its facts and a Retry-After if it has one."""
    facts: dict[str, object] = {**error.facts, "request_id": request_id}
    faults = _faults_of(error)
    if faults:
        facts["errors"] = [fault.model_dump() for fault in faults]
    wait = error.facts.get("retry_after_seconds")
    headers = {"Retry-After": str(wait)} if isinstance(wait, int) else {}
    return problem_response(status, error.code, str(error), facts=facts, headers=headers)


def _faults_of(error: ServicedeskError) -> Sequence[FieldFault]:
    """Return what is wrong where; a domain error names its field as the fact `path`."""
    if isinstance(error, InvalidRequest):
        return error.faults
    path = error.facts.get("path")
    return [FieldFault(path=path, message=str(error))] if isinstance(path, str) else []
