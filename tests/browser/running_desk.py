"""A desk as it is really run: its processes, a mail sink, and a company set up by HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import smtplib
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.services.processes import accepts_connections, free_port, running_process

COMMAND = (sys.executable, "-m", "servicedesk.app.cli.main")
PASSWORD = "quiet-river-stone"
ADMINISTRATOR = "ada@acme.example"
AGENT = "ana@acme.example"
OTHER_AGENT = "zoe@acme.example"
SUPPORT = "support@acme.example"


@dataclass(slots=True)
class RunningDesk:
    """Where a desk listens, and where what it sends is kept."""

    url: str
    smtp_port: int
    sent: Path
    _cookies: dict[str, str] = field(default_factory=dict)
    _csrf: str = ""

    def post(self, mail: EmailMessage, to: str = SUPPORT) -> None:
        """Send a mail into the desk."""
        sender = str(mail["From"].addresses[0].addr_spec)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as server:
            server.sendmail(sender, [to], mail.as_bytes())

    def letters(self) -> list[bytes]:
        """What the desk has sent, oldest first."""
        return [path.read_bytes() for path in sorted(self.sent.glob("*.eml"))]

    def own_headers(self) -> dict[str, str]:
        """What proves who asks."""
        return {"X-CSRF-Token": self._csrf, "Cookie": self.cookie_header()}

    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def call(self, method: str, path: str, body: object = None, version: int | None = None) -> Any:
        """Call the API as whoever set the company up or signed in last; returns its JSON."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                **self.own_headers(),
                **({} if version is None else {"If-Match": f'"{version}"'}),
            },
        )
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{method} {path}: {refusal.read().decode()}") from None
        with answer:
            for header in answer.headers.get_all("Set-Cookie") or []:
                name, _, rest = header.partition("=")
                self._cookies[name] = rest.partition(";")[0]
            text = answer.read()
        found = json.loads(text) if text else None
        if isinstance(found, dict) and "csrf_token" in found:
            self._csrf = found["csrf_token"]
        return found


@contextlib.contextmanager
def embedded_desk(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[RunningDesk]:
    """`servicedesk serve`: one process, on SQLite unless `more` of the environment says else."""
    with _sink(folder) as (relay_port, sent):
        environment = _environment(folder, relay_port) | dict(more or {})
        with _process("serve", ("serve",), folder, environment, _port(environment)):
            yield _found(environment, sent)


@contextlib.contextmanager
def spread_desk(folder: Path, database_url: str, redis_url: str) -> Iterator[RunningDesk]:
    """One web, two workers and a worker for SMTP, on PostgreSQL and Redis."""
    with _sink(folder) as (relay_port, sent), contextlib.ExitStack() as processes:
        environment = _environment(folder, relay_port) | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
        for number in (1, 2):
            name = f"worker{number}"
            processes.enter_context(_process(name, ("worker",), folder, environment, None))
        smtp = ("worker", "--roles", "smtp")
        smtp_port = int(environment["SERVICEDESK_SMTP_PORT"])
        processes.enter_context(_process("smtp", smtp, folder, environment, smtp_port))
        processes.enter_context(_process("web", ("web",), folder, environment, _port(environment)))
        yield _found(environment, sent)


def _environment(folder: Path, relay_port: int) -> dict[str, str]:
    port, smtp_port = free_port(), free_port()
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SERVICEDESK_") and name not in ("DATABASE_URL", "REDIS_URL")
    }
    return inherited | {
        "SERVICEDESK_DATA_DIR": str(folder / "data"),
        "SERVICEDESK_PORT": str(port),
        "SERVICEDESK_SMTP_PORT": str(smtp_port),
        "SERVICEDESK_RELAY_HOST": "127.0.0.1",
        "SERVICEDESK_RELAY_PORT": str(relay_port),
        "SERVICEDESK_RELAY_SECURITY": "none",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


def _port(environment: Mapping[str, str]) -> int:
    return int(environment["SERVICEDESK_PORT"])


@contextlib.contextmanager
def _process(
    name: str,
    arguments: tuple[str, ...],
    folder: Path,
    environment: Mapping[str, str],
    port: int | None,
) -> Iterator[None]:
    log = folder / f"{name}.log"
    command = ("env", *(f"{key}={value}" for key, value in environment.items()), *COMMAND)

    def is_ready() -> bool:
        if port is None:
            return b"roles_started" in log.read_bytes()
        return accepts_connections(port)

    with running_process(f"servicedesk {name}", (*command, *arguments), log, is_ready):
        yield


@contextlib.contextmanager
def _sink(folder: Path) -> Iterator[tuple[int, Path]]:
    """A real SMTP server of its own process, which keeps each mail as a file."""
    port, sent = free_port(), folder / "sent"
    command = (sys.executable, "-m", "tests.fakes.mail_sink", str(port), str(sent))
    with running_process(
        "mail sink", command, folder / "sink.log", lambda: accepts_connections(port)
    ):
        yield port, sent


def _found(environment: Mapping[str, str], sent: Path) -> RunningDesk:
    desk = RunningDesk(environment["PUBLIC_URL"], int(environment["SERVICEDESK_SMTP_PORT"]), sent)
    company = {
        "company": "Acme",
        "name": "Ada Lovelace",
        "email": ADMINISTRATOR,
        "password": PASSWORD,
        "locale": "en",
        "time_zone": "UTC",
    }
    desk.call("POST", "/api/setup", company)
    _hire(desk, "Ana Silva", AGENT, "Mail team", "Mail", SUPPORT)
    _hire(desk, "Zoe Fox", OTHER_AGENT, "Sales team", "Orders", "sales@acme.example")
    return desk


def _hire(desk: RunningDesk, name: str, email: str, team: str, queue: str, address: str) -> None:
    """An agent in a team of their own that serves a queue with an inbox."""
    person = {"name": name, "email": email, "role": "agent", "password": PASSWORD}
    user = desk.call("POST", "/api/users", person)
    made = desk.call("POST", "/api/teams", {"name": team, "member_ids": [user["id"]]})
    served = {"name": queue, "team_id": made["id"], "team_ids": [made["id"]]}
    line = desk.call("POST", "/api/queues", served)
    inbox = {"channel": "email", "name": queue, "address": address, "queue_id": line["id"]}
    desk.call("POST", "/api/inboxes", inbox)
