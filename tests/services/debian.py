"""Installs what is missing from Debian's packages, where that needs no asking: as root."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services.missing import ServiceMissing


def install_packages(service: str, *packages: str) -> None:
    """Raises ServiceMissing, with what to do, where it may not or does not work."""
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise ServiceMissing(service, f"not installed, and no apt-get here to install {wanted}")
    if os.geteuid() != 0:
        raise ServiceMissing(service, f"not installed; as root: apt-get install {wanted}")
    print(f"→ installing {wanted} from Debian's packages", file=sys.stderr, flush=True)
    with (Path(tempfile.gettempdir()) / "servicedesk-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _apt_get(service, "update")
        _apt_get(service, "install", "-y", "--no-install-recommends", *packages)


def _apt_get(service: str, *arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = done.stdout.strip().splitlines()[-1:] or ["no output"]
        raise ServiceMissing(service, f"apt-get {arguments[0]} failed: {last[0]}")
