"""A company at work with everybody signed in over HTTP: see tests.realtime.scenes."""

from tests.realtime.conftest import scene, sqlite_scene

__all__ = ["scene", "sqlite_scene"]
