"""A router that leads again does not keep what it knew when it led before."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from servicedesk.app.frozen import FROZEN
from servicedesk.app.router import collections_put_off
from servicedesk.routing.engine.book import Book
from servicedesk.routing.engine.events import OrderChanged, Preloaded
from servicedesk.routing.engine.machine import Engine
from tests.unit.engine_facts import NOON, order


@pytest.fixture(autouse=True)
def _thawed_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threshold = gc.get_threshold()
    gc.freeze()
    monkeypatch.setattr(FROZEN, "left", gc.get_freeze_count())
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_large_engine_is_freed_before_the_next_one_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FROZEN, "grown", 1.0)
    before = _lead()
    assert before() is not None  # it is left alone until then
    _lead()
    assert before() is None


def test_little_left_behind_is_not_worth_a_look_at_everything() -> None:
    before = _lead()
    _lead()
    assert before() is not None


def _lead() -> weakref.ref[Book]:
    with collections_put_off():
        engine = Engine()
        engine.apply(Preloaded(tuple(OrderChanged(order(number)) for number in range(10))), NOON)
    return weakref.ref(engine._book)
