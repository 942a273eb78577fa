"""Reading request bodies with a limit, whether or not Content-Length tells the truth."""

from starlette.requests import Request

from servicedesk.kernel.http.problems import ContentTooLarge, UnsupportedMediaType

JSON_MAX_BYTES = 1_048_576


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the whole body; raise ContentTooLarge as soon as it is known to be too much.

    The body stays readable: a second call returns the same bytes.
    """
    kept: bytes | None = getattr(request.state, "body", None)
    if kept is not None:
        return kept
    told = request.headers.get("content-length", "")
    _check_size(int(told) if told.isdecimal() else 0, max_bytes)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        _check_size(size, max_bytes)
        chunks.append(chunk)
    body = b"".join(chunks)
    request.state.body = body
    return body


async def read_json_body(request: Request) -> bytes:
    """Return the body of a request that says it is JSON; raise UnsupportedMediaType otherwise."""
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(
            f"The body is {content_type or 'of no stated type'}; send application/json."
        )
    return await read_body(request, JSON_MAX_BYTES)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise ContentTooLarge(
            f"The body is larger than {max_bytes} bytes, which is the most that is taken here.",
            max_bytes=max_bytes,
        )
