"""Log lines: which request, which ticket, and nothing that a person wrote."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from servicedesk.kernel.config import Settings
from servicedesk.kernel.log import configure_logging, log_context

TICKET = UUID("018e0000-0000-7000-8000-000000000000")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where lines go; loggers are as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def configured(settings: Settings, stream: io.StringIO, **changes: object) -> None:
    wanted = {"log_format": "json", **changes}
    configure_logging(settings.model_copy(update=wanted), stream)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line_carries_request_and_ticket(bare_settings: Settings, stream: io.StringIO) -> None:
    configured(bare_settings, stream)
    with log_context(request_id="r-1"), log_context(ticket_id=TICKET):
        structlog.get_logger("servicedesk.desk").info("message_received", seq=3)
    structlog.get_logger("servicedesk.desk").info("after")
    first, after = lines(stream)
    assert (first["request_id"], first["ticket_id"]) == ("r-1", str(TICKET))
    assert (first["event"], first["seq"], first["level"]) == ("message_received", 3, "info")
    assert first["timestamp"].endswith("Z")
    assert "request_id" not in after


def test_lines_of_libraries_look_the_same(bare_settings: Settings, stream: io.StringIO) -> None:
    configured(bare_settings, stream)
    with log_context(request_id="r-1"):
        logging.getLogger("uvicorn.error").warning("port %d is taken", 8000)
    [line] = lines(stream)
    assert (line["event"], line["level"]) == ("port 8000 is taken", "warning")
    assert (line["logger"], line["request_id"]) == ("uvicorn.error", "r-1")


@pytest.mark.parametrize("name", ["tortoise.db_client", "arq.worker", "mail.log", "asyncio"])
def test_libraries_that_log_values_stay_quiet_even_at_debug(
    bare_settings: Settings, stream: io.StringIO, name: str
) -> None:
    configured(bare_settings, stream, log_level="debug")
    logging.getLogger(name).info("INSERT INTO message ... ['dear desk']")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("key", ["text", "body", "Password", "token", "html"])
def test_words_and_secrets_are_withheld(
    bare_settings: Settings, stream: io.StringIO, key: str
) -> None:
    configured(bare_settings, stream)
    structlog.get_logger("servicedesk").warning("odd", **{key: "dear desk"})
    assert "dear desk" not in stream.getvalue()
    assert lines(stream)[0][key] == "withheld"


def test_errors_are_told_without_local_values(bare_settings: Settings, stream: io.StringIO) -> None:
    configured(bare_settings, stream)

    def fail(letter: str) -> None:
        raise ValueError(len(letter))

    try:
        fail("dear desk")
    except ValueError:
        structlog.get_logger("servicedesk").exception("failed")
    [line] = lines(stream)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "dear desk" not in stream.getvalue().replace('fail("dear desk")', "")


def test_level_of_the_settings_holds(bare_settings: Settings, stream: io.StringIO) -> None:
    configured(bare_settings, stream, log_level="warning")
    structlog.get_logger("servicedesk").info("quiet")
    structlog.get_logger("servicedesk").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_console_lines_are_for_people(bare_settings: Settings, stream: io.StringIO) -> None:
    configured(bare_settings, stream, log_format="console")
    structlog.get_logger("servicedesk").info("started", port=8000)
    assert "started" in stream.getvalue()
    assert "port=8000" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
