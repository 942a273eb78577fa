"""Fills every table with rows that fit its columns and foreign keys, whatever tables there are."""

import importlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from servicedesk.app.schema import TABLES
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id

ROWS = 3
NOW = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)


def all_models() -> list[type[Model]]:
    """Every table of the desk, referred ones before those that refer to them."""
    found = [model for name in TABLES for model in _models_in(name)]
    ordered: list[type[Model]] = []
    while found:
        ready = [model for model in found if set(_referred(model)) - {model} <= set(ordered)]
        assert ready, f"these refer to one another in a circle: {found}"
        ordered += ready
        found = [model for model in found if model not in ready]
    return ordered


async def fill(database: Database) -> None:
    """Add ROWS rows to every table."""
    made: dict[type[Model], list[Any]] = {}
    for model in all_models():
        rows = [_row(model, number, made) for number in range(ROWS)]
        await database.sql.insert(model._meta.db_table, rows)
        made[model] = [row.get(model._meta.db_pk_column) for row in rows]


def _models_in(module: str) -> Iterator[type[Model]]:
    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, type) and issubclass(value, Model) and value is not Model:
            yield value


def _referred(model: type[Model]) -> Iterator[type[Model]]:
    for name in _references(model):
        yield _relation(model, name).related_model


def _references(model: type[Model]) -> set[str]:
    return model._meta.fk_fields | model._meta.o2o_fields


def _relation(model: type[Model], name: str) -> Any:
    return model._meta.fields_map[name]


def _row(model: type[Model], number: int, made: dict[type[Model], list[Any]]) -> dict[str, object]:
    referred = {
        _relation(model, name).source_field: _relation(model, name) for name in _references(model)
    }
    row: dict[str, object] = {}
    for name, column in model._meta.fields_db_projection.items():
        field = model._meta.fields_map[name]
        if column in referred:
            others: Sequence[object] = made.get(referred[column].related_model, [])
            row[column] = others[number] if others else None
        elif not field.generated:
            row[column] = _value(field, number)
    return row


def _value(field: fields.Field[Any], number: int) -> object:
    """Return a value that differs by number."""
    match field:
        case fields.UUIDField():
            return _new_id()
        case fields.CharField() | fields.TextField():
            return f"v{number}"
        case fields.BooleanField():
            return number == 0  # at most one row may be the default
        case fields.IntField() | fields.SmallIntField() | fields.BigIntField():
            return number + 1
        case fields.DatetimeField():
            return NOW
        case fields.JSONField():
            return {"number": number}
        case fields.BinaryField():
            return bytes([number])
    raise TypeError(f"say here what fills a {type(field).__name__}")


def _new_id() -> UUID:
    return new_id()
