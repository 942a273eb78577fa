"""Logging for the whole process: structlog, with the request and the ticket on every line.

Lines carry ids, numbers and names of errors, never what a person wrote, and no secrets: keys that
could hold such are withheld here, and libraries that log values are kept to warnings.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.types import Processor

from servicedesk.kernel.config import Settings

WITHHELD = frozenset(
    {"authorization", "body", "cookie", "csrf", "html", "password", "secret", "text", "token"}
)
"""Compared with whole keys, in lower case."""

LOGS_VALUES = (
    "aioimaplib",  # mails and tokens at debug
    "aiosmtplib",  # credentials at debug
    "arq",  # the arguments of jobs
    "asyncio",
    "mail",  # aiosmtpd: every line of the session
    "tortoise",  # statements with their values
    "uvicorn.access",  # the request is logged by the API, with its id
)
SHARED: tuple[Processor, ...] = (
    merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's loggers to one stream (default: stderr)."""
    stream = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(settings, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    _tame_libraries()


@contextmanager
def log_context(*, request_id: str | None = None, ticket_id: UUID | None = None) -> Iterator[None]:
    """Put the request and the ticket on every line that is logged in the block."""
    named = {"request_id": request_id, "ticket_id": None if ticket_id is None else str(ticket_id)}
    with bound_contextvars(**{name: value for name, value in named.items() if value is not None}):
        yield


def withhold(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace what no log may hold. A safety net: nobody should pass it in the first place."""
    for key in event:
        if key.lower() in WITHHELD:
            event[key] = "withheld"
    return event


def _formatter(settings: Settings, *, colors: bool) -> ProcessorFormatter:
    ends: list[Processor] = [ProcessorFormatter.remove_processors_meta]
    if settings.log_format == "json":
        plain = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ends += [
            structlog.processors.ExceptionRenderer(plain),
            structlog.processors.JSONRenderer(),
        ]
    else:
        plain_text = structlog.dev.plain_traceback
        ends += [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain_text)]
    return ProcessorFormatter(foreign_pre_chain=SHARED, processors=[withhold, *ends])


def _tame_libraries() -> None:
    for name in LOGS_VALUES:
        logging.getLogger(name).setLevel(logging.WARNING)
    # A database that is away is said once by whoever waits for it, not with a traceback each time.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
