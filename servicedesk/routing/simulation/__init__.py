"""The routing engine in simulated time: arrivals, staff and rules in, waits and occupancy out.

It drives `engine.machine.Engine`, the class that the running desk uses. Chance comes in by `Dice`
alone, so the same seed gives the same run to the last digit.
"""
