"""Which agent gets which work order: a deterministic state machine in memory, with no I/O.

`machine.Engine` is told `events` and answers with `decisions`.
"""
