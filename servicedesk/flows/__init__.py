"""Dialogue definitions for voice, SMS and chat. Empty until calls are built (ROADMAP 6)."""
