"""A Chromium for the browser tests, with fonts that can show both languages of the console."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.services.debian import install_packages
from tests.services.missing import ServiceMissing

SERVICE = "Chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FONT_PACKAGES = ("fonts-inter", "fonts-noto-cjk")

# Nothing of these talks to the outside; the last three give calls a microphone that beeps.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@contextlib.contextmanager
def chromium_for_tests() -> Iterator[Path]:
    """Yield the path of a Chromium that runs; raises ServiceMissing if none can be had.

    SERVICEDESK_TEST_CHROMIUM names one and overrules the search.
    """
    path = _find_chromium()
    if path is None:
        install_packages(SERVICE, "chromium", *FONT_PACKAGES)
        path = _find_chromium()
        if path is None:
            raise ServiceMissing(SERVICE, f"installed, but none of {', '.join(NAMES)} runs")
    elif not _shows_chinese() and os.geteuid() == 0:
        install_packages("fonts that show Chinese", *FONT_PACKAGES)
    yield path


def _find_chromium() -> Path | None:
    named = os.environ.get("SERVICEDESK_TEST_CHROMIUM")
    for name in [named] if named else NAMES:
        found = shutil.which(name)
        # Where a distribution ships it as a snap, the command is there but only says so.
        if found and _succeeds(found, "--version"):
            return Path(found)
    return None


def _shows_chinese() -> bool:
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
