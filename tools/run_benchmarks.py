"""Runs every benchmarks/measure_*.py in a process of its own, in order of name.

Words given name the ones to run: `run_benchmarks.py offer` runs those with "offer" in the name.
Each prints its own figures; one that fails does not keep the others from running.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILLED_BY = "2 (e-mail), 3 (routing) and 4 (SLA)"


def find_benchmarks(words: Sequence[str]) -> list[Path]:
    found = sorted((ROOT / "benchmarks").glob("measure_*.py"))
    return [path for path in found if not words or any(word in path.stem for word in words)]


def run_benchmark(path: Path) -> bool:
    print(f"→ {path.stem}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{path.stem}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main(words: Sequence[str]) -> int:
    benchmarks = find_benchmarks(words)
    if not benchmarks and words:
        print(f"bench: no benchmark has {' or '.join(words)} in its name", file=sys.stderr)
        return 2
    if not benchmarks:
        print(f"Nothing to measure in benchmarks/ yet; figures come with issues {FILLED_BY}.")
        return 0
    failed = [path.stem for path in benchmarks if not run_benchmark(path)]
    if failed:
        print(f"bench: {', '.join(failed)} failed, see above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
