"""The web channel. Empty until it is built (see docs/ROADMAP)."""
