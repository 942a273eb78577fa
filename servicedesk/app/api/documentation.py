"""The link to spectree: strict reading of requests, and the raw OpenAPI document.

Spectree reads bodies and queries in pydantic's lax mode, takes `application/json` only without
parameters, answers a bare list of faults, and trips over WebSocket routes and uuid paths: this
plugin reads strictly and raises problems instead.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from spectree import SpecTree
from spectree.plugins.base import Context
from spectree.plugins.starlette_plugin import StarlettePlugin
from starlette.requests import Request
from starlette.routing import Route

from servicedesk import __version__
from servicedesk.kernel.http.bodies import read_json_body
from servicedesk.kernel.http.problems import FieldFault, InvalidRequest, Problem

_PATH_TYPES: Mapping[str, dict[str, str]] = {
    "UUIDConvertor": {"type": "string", "format": "uuid"},
    "IntegerConvertor": {"type": "integer"},
    "StringConvertor": {"type": "string"},
}


class Described(NamedTuple):
    """A route as spectree walks over it."""

    path: str
    methods: set[str]
    func: Any
    route: Route


class StrictPlugin(StarlettePlugin):
    """Reads requests strictly; every fault becomes one InvalidRequest."""

    async def request_validation(  # noqa: PLR0913  # the signature is spectree's
        self,
        request: Any,
        query: Any,
        json: Any,
        form: Any,  # noqa: ARG002
        headers: Any,  # noqa: ARG002
        cookies: Any,  # noqa: ARG002
    ) -> None:
        request.context = Context(
            read_query(request, query) if query else None,
            await read_json(request, json) if json else None,
            None,
            None,
            None,
        )

    def find_routes(self) -> list[Described]:
        return [
            Described(route.path_format, route.methods or set(), route.endpoint, route)
            for route in self.spectree.app.routes
            if isinstance(route, Route)
        ]

    def parse_func(self, route: Any) -> Iterator[tuple[str, Any]]:
        for method in sorted(route.methods):
            yield method, route.func

    def parse_path(
        self, route: Any, path_parameter_descriptions: Mapping[str, str] | None
    ) -> tuple[str, list[dict[str, Any]]]:
        described = path_parameter_descriptions or {}
        parameters = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": _PATH_TYPES[type(convertor).__name__],
                "description": described.get(name, ""),
            }
            for name, convertor in route.route.param_convertors.items()
        ]
        return route.path, parameters


def read_query(request: Request, model: type[BaseModel]) -> BaseModel:
    """Read the query; raise InvalidRequest naming each fault."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise InvalidRequest(
                "The query names something twice.",
                [FieldFault(path=name, message="is given more than once")],
            )
        given[name] = value
    try:
        return model.model_validate_strings(given)
    except ValidationError as error:
        raise _invalid(error, "query") from None


async def read_json(request: Request, model: type[BaseModel]) -> BaseModel:
    """Read the body; raise InvalidRequest naming each fault."""
    try:
        return model.model_validate_json(await read_json_body(request))
    except ValidationError as error:
        raise _invalid(error, "body") from None


def _invalid(error: ValidationError, part: str) -> InvalidRequest:
    faults = [
        FieldFault(path=".".join(str(step) for step in fault["loc"]), message=fault["msg"])
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    named = ", ".join(fault.path or part for fault in faults[:5])
    return InvalidRequest(f"The {part} is not as the API's document says: {named}.", faults)


def schema_name(model: Any) -> str:
    """Return the name of a model's schema: Listing[User] is UserListing."""
    return re.sub(r"^(\w+)\[(\w+)\]$", r"\2\1", str(model.__name__))


def _nested_name(_parent: str, child: str) -> str:
    return child


def _collector() -> SpecTree:
    """Return the collector that all operations are declared with."""
    return SpecTree(
        "starlette",
        backend=StrictPlugin,
        mode="strict",
        openapi_version="3.1.0",
        naming_strategy=schema_name,
        nested_naming_strategy=_nested_name,
        validation_error_model=Problem,
        title="servicedesk",
        version=__version__,
        description="What the console itself uses. Every error is a problem (RFC 9457).",
    )


api = _collector()
"""Collects every operation of this process as its module is imported."""
