"""The servicedesk command."""
