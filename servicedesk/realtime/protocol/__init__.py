"""What consoles are told and by what rules: pure, so that every rule is a table of cases."""
