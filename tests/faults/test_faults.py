"""What goes wrong around a running desk: it says so, loses nothing, and goes on by itself."""

import asyncio
import contextlib
import os
import smtplib
import subprocess
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import pytest_asyncio

from servicedesk.kernel.config import Settings
from tests.browser.running_desk import COMMAND, SUPPORT, RunningDesk, embedded_desk
from tests.fakes.tcp_proxy import Wire, wire_to
from tests.services.missing import ServiceMissing
from tests.waiting import until

AWAY_SECONDS = 10.0
PATIENCE = 30.0


def question(text: str = "Where is my parcel?\n", size: int = 0) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "lin@contact.example"
    mail["To"] = SUPPORT
    mail["Subject"] = "Parcel"
    mail.set_content(text)
    if size:
        mail.add_attachment(os.urandom(size), "application", "octet-stream", filename="big.bin")
    return mail


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


async def tickets_of(desk: RunningDesk) -> list[str]:
    found = await asyncio.to_thread(desk.call, "GET", "/api/tickets?view=all")
    return [row["subject"] for row in found["items"]]


def code_of(refusal: smtplib.SMTPException) -> int:
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        return next(iter(refusal.recipients.values()))[0]
    assert isinstance(refusal, smtplib.SMTPResponseException)
    return refusal.smtp_code


@pytest_asyncio.fixture
async def wired(
    tmp_path: Path, postgres_settings: Settings
) -> AsyncIterator[tuple[RunningDesk, Wire]]:
    """A desk whose PostgreSQL is at the other end of a wire that can be cut."""
    address = urlsplit(postgres_settings.database_url)
    async with wire_to(address.hostname or "127.0.0.1", address.port or 5432) as wire:
        user = address.netloc.rpartition("@")[0]
        netloc = f"{user}@127.0.0.1:{wire.port}" if user else f"127.0.0.1:{wire.port}"
        url = urlunsplit(address._replace(netloc=netloc))
        desk_context = embedded_desk(tmp_path, {"DATABASE_URL": url})
        desk = await asyncio.to_thread(desk_context.__enter__)
        try:
            yield desk, wire
        finally:
            await asyncio.to_thread(desk_context.__exit__, None, None, None)


async def test_a_database_that_is_away_for_ten_seconds_costs_only_time(
    wired: tuple[RunningDesk, Wire],
) -> None:
    desk, wire = wired
    await asyncio.to_thread(desk.post, question())
    wire.cut()
    gone_until = asyncio.get_running_loop().time() + AWAY_SECONDS
    assert await asyncio.to_thread(status_of, f"{desk.url}/healthz") == 200
    assert await asyncio.to_thread(status_of, f"{desk.url}/readyz") == 503
    assert await asyncio.to_thread(status_of, f"{desk.url}/api/setup") == 503
    with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)) as refused:
        await asyncio.to_thread(desk.post, question())
    assert code_of(refused.value) == 451
    while asyncio.get_running_loop().time() < gone_until:
        assert await asyncio.to_thread(status_of, f"{desk.url}/readyz") == 503
        await asyncio.sleep(0.5)
    wire.mend()

    async def is_ready() -> bool:
        return await asyncio.to_thread(status_of, f"{desk.url}/readyz") == 200

    await until(is_ready, PATIENCE)
    await asyncio.to_thread(desk.post, question("Is anybody there?\n"))

    async def both_came() -> bool:
        return len(await tickets_of(desk)) == 2

    await until(both_came, PATIENCE)


def test_a_second_process_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with embedded_desk(tmp_path) as desk:
        environment = {**os.environ, "SERVICEDESK_DATA_DIR": str(tmp_path / "data")}
        second = subprocess.run(
            [*COMMAND, "serve"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert "already runs the desk" in second.stderr
        assert "Traceback" not in second.stderr
        assert status_of(f"{desk.url}/readyz") == 200


@pytest.mark.parametrize("command", ["web", "worker"])
def test_web_and_worker_refuse_sqlite_and_say_why(tmp_path: Path, command: str) -> None:
    environment = {**os.environ, "SERVICEDESK_DATA_DIR": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    run = subprocess.run(
        [*COMMAND, command], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "DATABASE_URL" in run.stderr
    environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none"
    run = subprocess.run(
        [*COMMAND, command], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "REDIS_URL" in run.stderr


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of one megabyte at the folder. Needs root."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip(str(ServiceMissing("small disk", "mounting a tmpfs takes root")))
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_refuses_for_now_and_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data" / "blobs"), embedded_desk(tmp_path) as desk:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            desk.post(question(size=2_000_000))
        assert refused.value.smtp_code in (451, 452)
        desk.post(question())

        async def the_small_one_came() -> bool:
            return await tickets_of(desk) == ["Parcel"]

        asyncio.run(until(the_small_one_came, PATIENCE))
        assert upload(desk, b"x" * 2_000_000) == 507
        assert upload(desk, b"small enough") == 201


def upload(desk: RunningDesk, content: bytes) -> int:
    request = urllib.request.Request(
        f"{desk.url}/api/uploads",
        method="POST",
        data=content,
        headers={
            "Content-Type": "application/octet-stream",
            "X-Filename": "file.bin",
            **desk.own_headers(),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_an_oversize_mail_is_refused_for_good(tmp_path: Path) -> None:
    limit = {"SERVICEDESK_SMTP_MAX_BYTES": "20000"}
    with embedded_desk(tmp_path, limit) as desk:
        with pytest.raises(smtplib.SMTPSenderRefused) as announced:
            desk.post(question(size=50_000))
        assert announced.value.smtp_code == 552
