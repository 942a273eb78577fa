"""The console's promise: old state + frames == freshly loaded state, for every kind of entry."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import servicedesk
from servicedesk.kernel import journal
from servicedesk.realtime.protocol.touched import TOUCHED, upheaval_of
from tests.realtime.consoles import Console, load_state, shown
from tests.realtime.happenings import HAPPENINGS
from tests.realtime.scenes import LISTENERS, Scene


async def _require_fresh(console: Console, kind: str) -> None:
    fresh = await load_state(console.client)
    believed = shown(console.state, console.state.opened)
    expected = shown(fresh, console.state.opened)
    for thing, values in expected.items():
        assert believed[thing] == values, f"after {kind} the {thing}s are not as freshly loaded"


@pytest.mark.parametrize("family", HAPPENINGS)
async def test_state_and_frames_make_the_freshly_loaded_state(scene: Scene, family: str) -> None:
    """After each entry for those who listen; at the end also for consoles that were away."""
    away = await _leave(scene)
    await scene.come(LISTENERS)
    for kind, happen in HAPPENINGS[family].items():
        before = await journal.head(scene.database.sql)
        await happen(scene)
        await scene.database.settle()
        entries = await journal.read_after(scene.database.sql, before, 1_000)
        assert kind in {entry.kind for entry in entries}
        await scene.listen()
        for name, console in scene.consoles.items():
            await _require_fresh(console, f"{kind} ({name})")
            may_resync = upheaval_of(entries).concerns(console.viewer)
            assert may_resync or not console.resyncs, f"{kind} made {name} load anew"
            console.resyncs.clear()
    for name, console in away.items():
        await console.come(scene.hub)
        await _require_fresh(console, f"{family} ({name}, away)")


async def _leave(scene: Scene) -> dict[str, Console]:
    """Return consoles that have loaded everything and then lost their connection."""
    consoles = {}
    for name, present in scene.consoles.items():
        console = Console(present.viewer, present.session_id, present.client)
        await console.come(scene.hub)
        console.go(scene.hub)
        consoles[name] = console
    return consoles


def test_every_kind_has_a_happening() -> None:
    shown_kinds = [kind for kinds in HAPPENINGS.values() for kind in kinds]
    assert sorted(shown_kinds) == sorted(TOUCHED)


def test_every_kind_that_is_recorded_is_known_to_realtime() -> None:
    recorded = {
        kind: path.name
        for path in Path(servicedesk.__file__).parent.rglob("*.py")
        for kind in _recorded_kinds(path)
    }
    unknown = {kind: where for kind, where in recorded.items() if kind not in TOUCHED}
    assert not unknown, "realtime/protocol/touched.py must say what these touch"
    assert {"ticket.opened", "message.queued", "presence.changed"} <= set(recorded)


def _recorded_kinds(path: Path) -> set[str]:
    """Return the literal first arguments of calls to `.record(…)` and `NewEntry(…)` in a file."""
    kinds = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0]
        if name in ("record", "NewEntry") and isinstance(first, ast.Constant):
            kinds.add(str(first.value))
    return kinds
