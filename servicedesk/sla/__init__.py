"""Calendars, clocks and policies: promises, when they are due, and whether they were kept."""
