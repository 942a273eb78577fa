"""Clocks: one promise measured on one ticket, from its start to what became of it.

`table` says what each event does to each metric, `machine` does it, `measuring` counts, `explain`
answers "why late?". All of it is pure: the same events give the same clocks.
"""
