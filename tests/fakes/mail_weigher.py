"""Weighs mails: reads file names from standard input, prints CPU seconds and peak bytes for each.

A process of its own, so that its memory is that of reading alone; each mail is read in a fork of
it, because a process never tells that its peak is over.
"""

import json
import math
import os
import resource
import sys
import time
from pathlib import Path

from servicedesk.channels.email.inspect import inspect_mail
from servicedesk.channels.email.mail import Envelope
from servicedesk.channels.email.parse import parse_mail
from tests.fakes.mail import INBOX, MARKS, NOW, make_mail

KIBIBYTE = 1_024


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE


def weigh(path: Path) -> dict[str, float]:
    """CPU seconds of parse_mail, and bytes above the idle process with the mail itself."""
    idle = peak_bytes()
    raw = path.read_bytes()
    began = time.process_time()
    parse_mail(raw, INBOX, NOW, MARKS, Envelope("ann@x.example"))
    return {"seconds": time.process_time() - began, "bytes": peak_bytes() - idle}


def tell(figures: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def weigh_apart(path: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            tell(weigh(path))
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        tell({"seconds": math.inf, "bytes": math.inf})


if __name__ == "__main__":
    inspect_mail(make_mail("Content-Type: text/html", "<p>warm"), "warm")
    for line in sys.stdin:
        weigh_apart(Path(line.rstrip("\n")))
