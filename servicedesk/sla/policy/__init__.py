"""Policies: which promises hold for which tickets. First match wins, and every look is told."""
