"""What atheris runs: `python -m tests.soak.mail.fuzz_target FOLDER [libFuzzer options]`.

FOLDER holds the seeds and gets what was found to reach new code. Any exception is a finding, and so
is a mail that takes longer than the -timeout.
"""

import sys

import atheris

with atheris.instrument_imports(include=["servicedesk.channels.email"]):
    from servicedesk.channels.email.inspect import inspect_mail
    from servicedesk.channels.email.mail import Envelope
    from servicedesk.channels.email.parse import parse_mail
    from tests.fakes.mail import INBOX, MARKS, NOW

ENVELOPE = Envelope("ann@x.example", trusted_hosts=("mx.desk",))


def read(raw: bytes) -> None:
    parse_mail(raw, INBOX, NOW, MARKS, ENVELOPE)
    inspect_mail(raw, "fuzzed")


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
