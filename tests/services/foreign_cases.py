"""Inputs and expectations that nobody of this project wrote; they are not part of it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.services.missing import ServiceMissing

SERVICE = "foreign cases"
ROOT = Path(__file__).resolve().parents[2]


def find_foreign_cases() -> Path:
    """The folder that FOREIGN_CASES names (default ../shared/data beside the checkout).

    Raises ServiceMissing where it is absent; that is never counted as a failure.
    """
    named = os.environ.get("FOREIGN_CASES")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        hint = "set FOREIGN_CASES to the folder that holds them"
        raise ServiceMissing(SERVICE, f"{folder} is not a folder; {hint}")
    return folder
