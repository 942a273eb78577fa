"""What is kept from the garbage collector for good, and looked through again when it has grown.

A full collection pauses everybody for longer the more there is, so what a process or a router has
loaded is frozen. What is frozen is never freed if it hangs together in circles, as an engine does:
each rebuild of the router would leave the engine before it behind.
"""

import gc
from dataclasses import dataclass


@dataclass(slots=True)
class Frozen:
    """`left`: how many objects were frozen when it was last looked through, None: never.

    `grown`: as many times more are worth another look. So little left behind costs nothing, and a
    large engine is freed before the next one is loaded.
    """

    left: int | None = None
    grown: float = 1.25

    def thaw_if_grown(self) -> None:
        """Free what is garbage by now, if a good deal was frozen since."""
        if self.left is None:
            self.left = gc.get_freeze_count()
        elif gc.get_freeze_count() > self.grown * self.left:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self.left = gc.get_freeze_count()


FROZEN = Frozen()
"""One for the process, as the collector is."""
