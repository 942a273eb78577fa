"""Mail → committed ticket, beside django-helpdesk and a floor, on PostgreSQL: CPU for each mail.

All three take the same mails in, in turns within one run. CPU is the worker's own and that of its
connections in PostgreSQL. The peer comes from PyPI into an environment of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.postgresql import (
    PostgresServer,
    create_database,
    database_name,
    drop_database,
    postgres_server_for_tests,
)

MAILS = 200
ROUNDS = 5
WARM_UP = 50
PEERS = Path(tempfile.gettempdir()) / "servicedesk-peers"
ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Worker:
    """A process that takes mails in. `figures`: milliseconds of CPU for a mail, in each round."""

    name: str
    process: subprocess.Popen[str]
    database: str
    taken: int = 0
    figures: list[tuple[float, float]] = field(default_factory=list)

    def take(self, count: int) -> tuple[float, float]:
        """Take in the next mails; return CPU milliseconds a mail, in the worker and PostgreSQL."""
        before = _cpu_of_connections(self.database)
        own = float(self._ask(f"{self.taken} {count}"))
        self.taken += count
        connections = _cpu_of_connections(self.database) - before
        return own * 1_000 / count, connections * 1_000 / count

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> str:
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said:
            raise SystemExit(f"{self.name} ended: see what it said above.")
        return said.strip()

    @property
    def median(self) -> float:
        return statistics.median(own + server for own, server in self.figures)


def main() -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres_server_for_tests())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workers = [
            stack.enter_context(_worker(server, name, command(folder / name)))
            for name, command in COMMANDS.items()
        ]
        for worker in workers:
            worker.take(WARM_UP)
        for _ in range(ROUNDS):
            for worker in workers:
                worker.figures.append(worker.take(MAILS))
        _print(workers)


def _print(workers: Sequence[Worker]) -> None:
    peer = next(worker for worker in workers if worker.name == "django-helpdesk")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"CPU for each of {MAILS} mails, median of {ROUNDS} rounds in turns, load {load}")
    print("servicedesk twice: mails one by one, and 50 at a time, as a mailbox hands them out")
    for worker in workers:
        own = statistics.median(own for own, _ in worker.figures)
        server = statistics.median(server for _, server in worker.figures)
        print(
            f"{worker.name:>16}  {worker.median:6.2f} ms  (itself {own:.2f}, PostgreSQL "
            f"{server:.2f})  {worker.median / peer.median:.3f} of django-helpdesk"
        )
    print("goal: at most 1/6 of django-helpdesk (0.167), 1/3 (0.333) is the least")


@contextlib.contextmanager
def _worker(server: PostgresServer, name: str, command: Sequence[str]) -> Iterator[Worker]:
    url = asyncio.run(create_database(server))
    process = subprocess.Popen(
        [*command, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        worker = Worker(name, process, database_name(url))
        assert worker.hear() == "ready"
        yield worker
    finally:
        process.kill()
        process.wait()
        asyncio.run(drop_database(server, url))


def _cpu_of_connections(database: str) -> float:
    """CPU seconds of the server's processes that are connected to the database."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").split()
            if words[:1] == [b"postgres:"] and database.encode() in words:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def _product(mode: str) -> Callable[[Path], list[str]]:
    def command(folder: Path) -> list[str]:
        folder.mkdir()
        return [sys.executable, "-m", "benchmarks.mail_path.product", mode, str(folder)]

    return command


def _floor(_folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.mail_path.floor"]


def _helpdesk(folder: Path) -> list[str]:
    python = PEERS / "helpdesk" / "bin" / "python"
    if not python.exists():
        venv.create(PEERS / "helpdesk", with_pip=True)
        packages = ["setuptools<81", "django-helpdesk==2.6.1", "psycopg2-binary"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return [str(python), str(ROOT / "benchmarks" / "mail_path" / "django_peer.py"), str(folder)]


COMMANDS = {
    "one by one": _product("one"),
    "a mailbox": _product("many"),
    "django-helpdesk": _helpdesk,
    "floor": _floor,
}

if __name__ == "__main__":
    main()
