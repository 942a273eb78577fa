"""The API's document (OpenAPI 3.1): what spectree collected, and what `Operation` knows beside."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from servicedesk.app.api.answers import POSITION_HEADER
from servicedesk.app.api.cookies import SESSION_COOKIE
from servicedesk.app.api.documentation import api
from servicedesk.app.api.guard import CSRF_HEADER, SAFE_METHODS
from servicedesk.app.api.operation import EVERYONE, Operation, operation_of
from servicedesk.app.api.replay import KEY_HEADER
from servicedesk.kernel.http.problems import MEDIA_TYPE, Problem

PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
OF_THE_WRITE = {
    POSITION_HEADER: {
        "description": "The journal position of the write.",
        "schema": {"type": "integer"},
    }
}
OUT_OF_SIGHT = "Done, and by that it is no longer yours to see"
WORDS = {
    401: "Not signed in",
    403: "Not for this role, or without a CSRF token",
    404: "There is no such thing, or it is not yours to see",
    409: "Does not fit the present state",
    412: "Somebody changed it in the meantime",
    413: "Too large",
    415: "Not the media type that is taken here",
    422: "Not as described here",
    428: "If-Match is missing",
    429: "Too many attempts; Retry-After says when",
    503: "The database or the disk does not answer now",
    507: "The disk is full",
}


def make_document(app: Starlette) -> dict[str, Any]:
    """Return the document of all operations among the application's routes.

    `Starlette(routes=ROUTES)` will do: the document needs no services.
    """
    document = _collected(app)
    document["components"]["schemas"]["Problem"] = _problem_schema()
    document["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}
    }
    document["security"] = [{"session": []}]
    for path, method, operation in _operations(app):
        described = document["paths"][path][method.lower()]
        _add_parameters(described, operation, method)
        _add_responses(described, operation, method, path)
        _add_body(described, operation)
        if operation.public:
            described["security"] = []
    _close_maps(document["components"]["schemas"])
    return document


def _collected(app: Starlette) -> dict[str, Any]:
    """Return what spectree gathered. It takes the nested schemas out of its own models as it goes,
    so that a second document would lack them: ours works on a copy."""
    models = deepcopy(api.models)
    try:
        api.app = app
        document: dict[str, Any] = api._generate_spec()  # noqa: SLF001  # `spec` keeps the first
    finally:
        api.models = models
    return document


def _close_maps(schema: Any) -> None:
    """Say of maps whose keys have a pattern that they take no others, which pydantic leaves out."""
    if isinstance(schema, list):
        for part in schema:
            _close_maps(part)
    if isinstance(schema, dict):
        for part in schema.values():
            _close_maps(part)
        for pattern, value in schema.pop("patternProperties", {}).items():
            schema.setdefault("propertyNames", {})["pattern"] = pattern
            schema["additionalProperties"] = value


def _operations(app: Starlette) -> Iterator[tuple[str, str, Operation]]:
    for route in app.routes:
        operation = operation_of(route.endpoint) if isinstance(route, Route) else None
        if isinstance(route, Route) and operation is not None:
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield route.path_format, method, operation


def _add_parameters(described: dict[str, Any], operation: Operation, method: str) -> None:
    needed: list[tuple[str, bool, dict[str, Any], str]] = []
    if method not in SAFE_METHODS and not operation.public:
        needed.append((CSRF_HEADER, True, {"type": "string"}, "As GET /api/session says."))
    if operation.conditional:
        version = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
        needed.append(("If-Match", True, version, "The version the write is made for, quoted."))
    if operation.idempotent:
        key = {"type": "string", "pattern": "^[!-~]{1,128}$"}
        needed.append((KEY_HEADER, False, key, "The same key and request: the same answer."))
    for name, words in operation.needs_headers.items():
        needed.append((name, True, {"type": "string", "pattern": "^[!-~]+$"}, words))
    described["parameters"] += [
        {
            "name": name,
            "in": "header",
            "required": required,
            "schema": schema,
            "description": description,
        }
        for name, required, schema, description in needed
    ]


def _add_responses(described: dict[str, Any], operation: Operation, method: str, path: str) -> None:
    responses: dict[str, Any] = described["responses"]
    success = responses[str(operation.status)]
    if operation.media_type:
        binary = {"type": "string", "format": "binary"}
        success["content"] = {operation.media_type: {"schema": binary}}
    if method not in SAFE_METHODS:
        success["headers"] = deepcopy(OF_THE_WRITE)
    if operation.may_lose_sight:
        responses["204"] = {"description": OUT_OF_SIGHT, "headers": deepcopy(OF_THE_WRITE)}
    responses.pop("422", None)
    for status in sorted(_problem_statuses(described, operation, method, path)):
        responses[str(status)] = {"description": WORDS[status], "content": PROBLEM}


def _problem_statuses(
    described: dict[str, Any], operation: Operation, method: str, path: str
) -> set[int]:
    unsafe = method not in SAFE_METHODS
    rules = {
        401: not operation.public,
        403: unsafe or operation.roles != EVERYONE,
        404: "{" in path,
        409: operation.idempotent,
        412: operation.conditional,
        413: "requestBody" in described or operation.takes_bytes,
        415: "requestBody" in described,
        422: bool(described["parameters"]) or "requestBody" in described,
        428: operation.conditional,
        503: True,
    }
    return {status for status, holds in rules.items() if holds} | set(operation.problems)


def _add_body(described: dict[str, Any], operation: Operation) -> None:
    if operation.takes_bytes:
        binary = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": {"*/*": binary}}


def _problem_schema() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schema["properties"]["errors"]["items"] = schema.pop("$defs")["FieldFault"]
    return schema
