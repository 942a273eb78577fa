"""Working time: when a desk is open, and exact arithmetic over it.

`hours` says when (on the wall clock of one zone), `windows` turns that into instants, `arithmetic`
counts them. All of it is pure; zone rules are read once, by `servicedesk.sla.zones`.
"""
