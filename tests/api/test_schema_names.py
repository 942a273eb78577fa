"""Two shapes of one name would become one schema of the API's document, without a word."""

from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from inspect import unwrap
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel
from starlette.routing import Route

from servicedesk.app.api.operation import operation_of
from servicedesk.app.api.routing import ROUTES


def shapes_within(annotation: Any, seen: set[type]) -> Iterator[type]:
    """Yield every model and enum that the annotation holds, at any depth, once."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel | Enum):
        if annotation in seen:
            return
        seen.add(annotation)
        yield annotation
        if issubclass(annotation, BaseModel):
            for part in annotation.model_fields.values():
                yield from shapes_within(part.annotation, seen)
    for argument in get_args(annotation):
        yield from shapes_within(argument, seen)


def test_every_name_of_a_schema_means_one_shape() -> None:
    by_name: defaultdict[str, set[type]] = defaultdict(set)
    seen: set[type] = set()
    for route in ROUTES:
        if not isinstance(route, Route) or (operation := operation_of(route.endpoint)) is None:
            continue
        hints = get_type_hints(unwrap(route.endpoint))
        for annotation in (operation.answers, hints.get("json"), hints.get("query")):
            for shape in shapes_within(annotation, seen):
                by_name[shape.__name__].add(shape)
    assert len(by_name) > 100
    assert {name: shapes for name, shapes in by_name.items() if len(shapes) > 1} == {}
