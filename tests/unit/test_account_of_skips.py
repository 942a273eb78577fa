"""What the end of a run says of tests that could not run."""

from datetime import UTC, datetime

import pytest

from tests.services.missing import ServiceMissing, is_forgiven, list_not_run
from tests.services.postgresql import database_name, is_stale

NOW = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)


def test_skipped_tests_are_counted_by_reason_most_first() -> None:
    assert list_not_run(["no Redis: off", "no Chromium: off", "no Redis: off"]) == [
        "2 tests not run: no Redis: off",
        "1 test not run: no Chromium: off",
    ]


@pytest.mark.parametrize(
    ("reason", "forgiven"),
    [
        (str(ServiceMissing("foreign cases", "not there")), True),
        (str(ServiceMissing("PostgreSQL", "not there")), False),
        ("needs foreign cases", False),
        ("", False),
    ],
)
def test_only_absent_foreign_cases_are_forgiven(reason: str, *, forgiven: bool) -> None:
    assert is_forgiven(reason) is forgiven


@pytest.mark.parametrize(
    ("database", "stale"),
    [
        ("servicedesk_test_202703010000_7_1", True),
        ("servicedesk_test_202703011300_7_1", False),
        ("servicedesk_test_202703021159_7_1", False),
        ("servicedesk_test_yesterday", False),
        ("servicedesk", False),
        ("customer_servicedesk_test_202001010000_7_1", False),
    ],
)
def test_only_our_own_old_databases_are_stale(database: str, *, stale: bool) -> None:
    assert is_stale(database, NOW) is stale


def test_database_name_is_the_path_of_its_url() -> None:
    assert database_name("postgres://postgres@127.0.0.1:5432/desk_1") == "desk_1"
