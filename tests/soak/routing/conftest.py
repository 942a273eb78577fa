from __future__ import annotations

from tests.routing.conftest import redis_to_break

__all__ = ["redis_to_break"]
