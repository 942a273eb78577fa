"""Idempotency-Key: a request that comes twice is carried out once and answered the same twice."""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from servicedesk.app.api.answers import POSITION_HEADER
from servicedesk.app.api.context import services, viewer
from servicedesk.domain.errors import ServicedeskError, Unavailable
from servicedesk.kernel import idempotency
from servicedesk.kernel.http.bodies import read_body
from servicedesk.kernel.http.problems import FieldFault, InvalidRequest

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
KEPT_HEADERS = ("content-type", "etag", POSITION_HEADER.lower())
_KEY = re.compile(r"[!-~]{1,128}")

Answering = Callable[[Request], Awaitable[Response]]


async def answer_once(request: Request, answering: Answering, max_bytes: int) -> Response:
    """Answer the request, or repeat the answer that the same request got before.

    `max_bytes`: of the body, as the handler itself would read it. Raises ContentTooLarge.
    Without the header every request is its own. A refusal (a domain error) is not kept: the same
    request may succeed later. An unexpected failure keeps the claim, for nobody knows what it did.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return await answering(request)
    _check_key(key)
    database = services(request).database
    same = await _what_must_be_the_same(request, max_bytes)
    claimed = await idempotency.claim(database, str(viewer(request).user_id), key, same)
    if isinstance(claimed, idempotency.Answer):
        return _repeated(claimed)
    try:
        response = await answering(request)
    except Unavailable:
        raise  # the commit itself may have been what did not answer
    except ServicedeskError:
        await idempotency.release(database, claimed)
        raise
    await idempotency.finish(database, claimed, _kept(response))
    return response


async def _what_must_be_the_same(request: Request, max_bytes: int) -> bytes:
    body = await read_body(request, max_bytes)
    return b"\0".join((request.method.encode(), request.url.path.encode(), body))


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        fault = FieldFault(path=KEY_HEADER, message="must be 1 to 128 visible ASCII characters")
        raise InvalidRequest(f"{KEY_HEADER} is not usable; a random UUID is.", [fault])


def _kept(response: Response) -> idempotency.Answer:
    headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
    return idempotency.Answer(response.status_code, headers, bytes(response.body))


def _repeated(answer: idempotency.Answer) -> Response:
    return Response(answer.body, answer.status, headers={**answer.headers, REPLAYED_HEADER: "true"})
