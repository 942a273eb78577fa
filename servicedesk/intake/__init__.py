"""The one door: raw first, duplicates dropped, then the ticket it belongs to, and why."""
