"""Runs the tests that a make target stands for: `run_tests.py all|soak|foreign|screenshots ...`.

A suite is a folder of tests/. What comes after the target goes to pytest, but the first word
after `soak` names the part.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"

# The quick and pure first, so that a mistake shows early; real parts after.
ORDER = (
    "unit",
    "properties",
    "services",
    "kernel",
    "channels",
    "stories",
    "realtime",
    "api",
    "browser",
)
LAST = ("foreign",)
ONLY_ON_REQUEST = frozenset({"soak", "screenshots"})

# Which issue brings the long runs of each part.
SOAK_PARTS = {
    "kernel": "1 (journal, leases)",
    "mail": "2 (e-mail)",
    "routing": "3 (routing)",
    "sla": "4 (SLA)",
}
FILLED_BY = {
    "foreign": "2 (e-mail), 3 (routing) and 4 (SLA)",
    "screenshots": "1 (the console)",
}


def holds_tests(folder: Path) -> bool:
    return any(folder.rglob("test_*.py"))


def suites_in_order() -> list[Path]:
    """Every suite with tests that `make test` runs; one that ORDER does not know is not lost."""
    found = {
        folder.name: folder
        for folder in sorted(TESTS.iterdir())
        if folder.is_dir() and folder.name not in ONLY_ON_REQUEST and holds_tests(folder)
    }
    others = [name for name in found if name not in ORDER and name not in LAST]
    return [found[name] for name in (*ORDER, *others, *LAST) if name in found]


def run_pytest(folders: Sequence[Path], arguments: Sequence[str]) -> int:
    paths = [str(folder.relative_to(ROOT)) for folder in folders]
    command = [sys.executable, "-m", "pytest", *paths, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def run_if_filled(folder: Path, arguments: Sequence[str], filled_by: str) -> int:
    if holds_tests(folder):
        return run_pytest([folder], arguments)
    print(f"Nothing to run in {folder.relative_to(ROOT)}/ yet; it comes with issue {filled_by}.")
    return 0


def run_soak(arguments: Sequence[str]) -> int:
    """Run one part, or without its name all parts in turn; 2 if there is no such part."""
    parts = arguments[:1] or list(SOAK_PARTS)
    if unknown := [part for part in parts if part not in SOAK_PARTS]:
        print(f"soak: no part {unknown[0]!r}; there are {', '.join(SOAK_PARTS)}", file=sys.stderr)
        return 2
    return max(
        run_if_filled(TESTS / "soak" / part, ["-s", *arguments[1:]], SOAK_PARTS[part])
        for part in parts
    )


def main(arguments: Sequence[str]) -> int:
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    match arguments:
        case ["all", *rest]:
            return run_pytest(suites_in_order(), rest)
        case ["soak", *rest]:
            return run_soak(rest)
        case [("foreign" | "screenshots") as suite, *rest]:
            return run_if_filled(TESTS / suite, rest, FILLED_BY[suite])
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
