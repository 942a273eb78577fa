"""Which queue, which skills, how urgent: one rule per file, in the order of `table`."""
