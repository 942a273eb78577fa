"""The voice channel. Empty until it is built (see docs/ROADMAP)."""
