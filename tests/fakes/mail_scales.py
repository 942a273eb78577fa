"""What reading a mail costs a process that does nothing else."""

import json
import subprocess
import sys
from pathlib import Path


class Scales:
    """Tells what reading a mail costs a process that does nothing else."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "giant.eml"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.mail_weigher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def weigh(self, raw: bytes) -> tuple[float, float]:
        """(CPU seconds, bytes over the idle process)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._file.write_bytes(raw)
        print(self._file, file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        return told["seconds"], told["bytes"]

    def close(self) -> None:
        self._process.communicate()
