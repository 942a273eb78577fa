"""What a process does besides HTTP: a file for each role, loops that end on cancel."""
