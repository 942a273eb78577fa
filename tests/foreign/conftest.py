"""`--foreign-table FILE` writes the table of docs/FOREIGN.md; without it nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--foreign-table", type=Path, help="write the shares of foreign mails there")
