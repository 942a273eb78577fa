"""Where a simulation's chance comes from: a stream for each class and purpose.

Streams of their own make common random numbers: with the same seed the same orders come at the
same times with the same handling times, however many agents there are and whatever the rules.
"""

from collections.abc import Callable
from math import log, sqrt
from random import Random

from servicedesk.routing.simulation.scenario import Spread

Draw = Callable[[], float]


class Dice:
    def __init__(self, seed: int) -> None:
        self._seed = seed

    def stream(self, spread: Spread, *purpose: str) -> Draw:
        """Return what draws lengths of time, in seconds."""
        # A generator of statistics, no secret: Mersenne Twister is what is wanted.
        chance = Random(f"{self._seed}/{'/'.join(purpose)}")  # noqa: S311
        match spread.dist:
            case "exponential":
                rate = 1 / spread.mean
                return lambda: chance.expovariate(rate)
            case "deterministic":
                return lambda: spread.mean
            case "lognormal":
                assert spread.cv is not None  # noqa: S101  # the scenario was checked
                variance = log(1 + spread.cv**2)
                mu, sigma = log(spread.mean) - variance / 2, sqrt(variance)
                return lambda: chance.lognormvariate(mu, sigma)
