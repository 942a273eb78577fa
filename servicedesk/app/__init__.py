"""Processes and composition: wiring, roles, the HTTP API and the command line."""
