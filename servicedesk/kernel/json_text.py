"""JSON as text, the way columns and frames hold it."""

import orjson


class JsonText(str):
    """JSON that is text already: in a row that is written later it is not made a string again."""

    __slots__ = ()


def json_text(value: object) -> str:
    """Return JSON text; ids, times and enums become strings."""
    return orjson.dumps(value, default=_plain).decode()


def raw_json(value: object) -> object:
    """Return the value as it goes into JSON: what is JSON already is not made a string."""
    return orjson.Fragment(str(value)) if isinstance(value, JsonText) else value


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
