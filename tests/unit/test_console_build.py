"""When the console is built again, and when it is left as it is."""

from pathlib import Path

import pytest

from hatch_build import Console, ConsoleBuildError, write_stamp


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A console of two files, built."""
    console = Console(tmp_path / "agent_ui", tmp_path / "console")
    (console.sources / "src").mkdir(parents=True)
    (console.sources / "package.json").write_text("{}")
    (console.sources / "src" / "main.ts").write_text("one")
    console.output.mkdir()
    write_stamp(console.output, console.hash_sources())
    monkeypatch.delenv("SERVICEDESK_SKIP_CONSOLE", raising=False)
    return console


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("src/main.ts", False),
        ("src/other.ts", False),
        ("package-lock.json", False),
        ("node_modules/vue/index.js", True),
        ("dist/index.html", True),
        ("tsconfig.tsbuildinfo", True),
    ],
)
def test_console_is_current_until_a_source_changes(
    console: Console, path: str, *, current: bool
) -> None:
    assert console.is_current()
    (console.sources / path).parent.mkdir(parents=True, exist_ok=True)
    (console.sources / path).write_text("two")
    assert console.is_current() is current


def test_console_is_not_current_once_its_output_is_gone(console: Console) -> None:
    (console.output / ".made-from").unlink()
    assert not console.is_current()


def test_no_console_is_built_where_its_sources_are_absent(console: Console) -> None:
    assert console.skip_reason() is None
    (console.sources / "package.json").unlink()
    assert console.skip_reason() == "agent_ui/package.json is not there"


def test_console_is_skipped_on_request(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICEDESK_SKIP_CONSOLE", "1")
    assert console.skip_reason() == "SERVICEDESK_SKIP_CONSOLE=1"


def test_missing_lock_file_says_how_to_write_one(console: Console) -> None:
    with pytest.raises(ConsoleBuildError, match="npm install"):
        console.install_node_packages()
