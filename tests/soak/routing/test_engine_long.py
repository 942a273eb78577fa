"""The engine's invariants over 200,000 steps: `make soak PART=routing`."""

from __future__ import annotations

from hypothesis import settings

from tests.properties.test_engine import USUAL, EngineStories


class LongStories(EngineStories):
    """Told as in `make test`, only ten times as many."""


TestLongStories = LongStories.TestCase
TestLongStories.settings = settings(USUAL, max_examples=4_000)
