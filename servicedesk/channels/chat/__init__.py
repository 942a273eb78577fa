"""The chat channel. Empty until it is built (see docs/ROADMAP)."""
