"""A second opinion: what became of every promise, worked out from the events alone.

It shares data with the clocks (events, promises, hours) and not one line of deciding or counting:
clocks move forward and remember; the verifier looks back over the whole list for each question,
and adds up day by day. Where the two disagree, one of them is wrong.
"""
