"""Text from outside, made so that every database takes it."""

CUT = "…"


def storable(text: str, longest: int | None = None) -> str:
    """Return the text without NUL and lone surrogates, at most `longest` characters long.

    PostgreSQL holds no NUL, and what has a lone surrogate cannot be written as UTF-8: drivers raise
    UnicodeEncodeError. Libraries make surrogates when they decode with "surrogateescape".
    """
    if text.isascii() and "\x00" not in text:
        cleaned = text
    else:
        cleaned = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if longest is not None and len(cleaned) > longest:
        return cleaned[: longest - len(CUT)] + CUT
    return cleaned
