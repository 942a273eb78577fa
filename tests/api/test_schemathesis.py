"""Every operation, called with what its document allows and with what it does not."""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from starlette.applications import Starlette

from servicedesk.app.api.cookies import SESSION_COOKIE
from servicedesk.app.api.guard import CSRF_HEADER
from servicedesk.app.api.openapi import make_document
from servicedesk.app.api.routing import ROUTES
from servicedesk.people.sessions import csrf_token
from tests.api.served import Served, served_office
from tests.databases import copy_sqlite

BEYOND_FORM = frozenset({"time_zone", "cursor", "X-Filename"})
"""Fields whose right values no schema can list."""
WORDS_BEYOND_FORM = (
    "Input should be a valid integer",  # to JSON Schema 3.0 is an integer, to us it is not
    "String should have at least 1 character",  # once its blanks are stripped
    "must not be blank",  # what is a space differs between regex dialects
    # Rules between several fields.
    "name at least one",
    "name somebody who is told",
    "write either at_percent or offset_seconds",
    "two steps of the ladder have the same id",
    "at least 1 item after validation, not 0",  # follows from a fault within the only item
    "is not a date",  # a pattern takes February 30
)
"""Words of messages that tell of a rule no schema states."""
EXAMPLES = int(os.environ.get("SERVICEDESK_TEST_EXAMPLES", "8"))
RULES = {
    "checks": {
        # RFC 6585 §3 for If-Match; schemathesis knows 400 and its kind only.
        "missing_required_header": {"expected-statuses": ["4xx"]},
        "positive_data_acceptance": {"enabled": False},
        # A text beyond its longest may make the whole body too large: 413 before it is read.
        "negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]},
    }
}


def document_for_the_signed_in() -> dict[str, Any]:
    """Return the document without what test_guard proves for every route: session and CSRF."""
    document = make_document(Starlette(routes=ROUTES))
    document["security"] = []
    del document["components"]["securitySchemes"]
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = [
                parameter
                for parameter in operation["parameters"]
                if parameter["name"] != CSRF_HEADER
            ]
    return document


SCHEMA = schemathesis.openapi.from_dict(
    document_for_the_signed_in(), config=schemathesis.Config.from_dict(RULES)
)


@pytest.fixture(scope="module")
def served(sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_office(copy_sqlite(sqlite_template, tmp_path_factory.mktemp("served"))) as found:
        yield found


def takes_every_form_that_it_documents(_context: Any, response: Any, case: Any) -> None:
    """Fail when data that the document allows is refused for its form, not for its meaning."""
    is_allowed = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    if not is_allowed or response.status_code != 422:
        return
    problem = response.json()
    faults = {
        fault["path"].rpartition(".")[2]
        for fault in problem.get("errors", [])
        if not any(words in fault["message"] for words in WORDS_BEYOND_FORM)
    }
    assert problem["code"] != "invalid-request" or faults <= BEYOND_FORM, problem


@SCHEMA.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_operation_does_what_its_document_says(case: Any, served: Served) -> None:
    ends_its_session = (case.method, case.path) == ("DELETE", "/api/session")
    token = served.new_session("ada") if ends_its_session else served.office.people["ada"].token
    case.call_and_validate(
        base_url=served.address,
        cookies={SESSION_COOKIE: token},
        headers={CSRF_HEADER: csrf_token(token)},
        additional_checks=[takes_every_form_that_it_documents],
    )
