"""Live boards and reports, read only. Empty until boards are built (ROADMAP 7)."""
