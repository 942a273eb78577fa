"""The sample company that servicedesk demo starts with."""
