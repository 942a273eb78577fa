"""Tickets, messages and contacts: one file for each family of verbs."""
