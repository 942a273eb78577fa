"""Inline CSS by allow-list: how words look, never where on the screen, never what they load."""

import re

PROPERTIES = frozenset({
    "background", "background-color", "border", "border-bottom", "border-bottom-color",
    "border-bottom-style", "border-bottom-width", "border-collapse", "border-color", "border-left",
    "border-left-color", "border-left-style", "border-left-width", "border-radius", "border-right",
    "border-right-color", "border-right-style", "border-right-width", "border-spacing",
    "border-style", "border-top", "border-top-color", "border-top-style", "border-top-width",
    "border-width", "box-shadow", "box-sizing", "clear", "color", "direction", "display",
    "empty-cells", "float", "font", "font-family", "font-size", "font-stretch", "font-style",
    "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style",
    "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-height", "max-width", "min-height", "min-width", "mso-line-height-rule", "opacity",
    "overflow", "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right",
    "padding-top", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform",
    "unicode-bidi", "vertical-align", "visibility", "white-space", "width", "word-break",
    "word-spacing", "word-wrap",
})  # fmt: skip
# Letters, numbers, units, colours, quoted font names. Not among them: backslash (escapes), "@",
# "<", "{", "*" (comments), and a colon, which every URL needs.
VALUE = re.compile(r"^[\w\s#%.,()'\"!+/-]*$")
FUNCTION = re.compile(r"(?<![a-zA-Z-])([a-zA-Z-]+)\s*\(")
FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc", "min", "max"})
PICTURE = re.compile(r"url\([^()]{0,500}\)", re.IGNORECASE)
LONGEST_STYLE = 5_000


def clean_style(style: str) -> str:
    """The declarations that are allowed, in order; "" if none is."""
    kept = []
    for declaration in style[:LONGEST_STYLE].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "background":
            value = PICTURE.sub("", value).strip()  # the colour beside it stays
        if name in PROPERTIES and value and _is_harmless(value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def _is_harmless(value: str) -> bool:
    if VALUE.match(value) is None:
        return False
    return all(found.lower() in FUNCTIONS for found in FUNCTION.findall(value))
