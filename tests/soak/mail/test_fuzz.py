"""Ten minutes of coverage-guided fuzzing: no exception, nothing slow, nothing large.

MAIL_FUZZ_SECONDS sets another time. Where atheris has no wheel for this Python, the test says so;
the properties fuzz without it in every run.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.mail_seeds import SEEDS

SECONDS = int(os.environ.get("MAIL_FUZZ_SECONDS", "600"))
LONGEST_BYTES = 20_000
SLOWEST_SECONDS = 5
MOST_MEGABYTES = 600


@pytest.fixture
def atheris() -> None:
    """A service that not every machine can have: it is built for Linux on x86-64 only."""
    if importlib.util.find_spec("atheris") is not None:
        return
    command = [sys.executable, "-m", "pip", "install", "--only-binary=:all:", "atheris"]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("atheris can't be had for this Python: no wheel of it was found")


@pytest.mark.usefixtures("atheris")
def test_fuzzing_finds_no_mail_that_is_not_read(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for place, seed in enumerate(SEEDS):
        (corpus / f"{place}.eml").write_bytes(seed)
    command = [
        sys.executable, "-m", "tests.soak.mail.fuzz_target", str(corpus),
        f"-max_total_time={SECONDS}", f"-max_len={LONGEST_BYTES}", f"-timeout={SLOWEST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}", f"-artifact_prefix={tmp_path}/", "-print_final_stats=1",
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    findings = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    tail = "\n".join(done.stderr.splitlines()[-40:])
    sys.stdout.write(tail + "\n")
    assert findings == [], tail
    assert done.returncode == 0, tail
