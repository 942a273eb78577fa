"""All foreign mails, and how much of them is understood as their authors expect it.

Everything is asked of `servicedesk mail inspect` and `sanitize`. The table is printed with every
miss; `make foreign ARGS="--foreign-table docs/FOREIGN.md"` writes it into the documentation.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.foreign.mail_cases import MailCases
from tests.foreign.mail_scores import Score, as_table, total_share
from tests.foreign.score_bounces import score_bounces
from tests.foreign.score_desks import (
    score_chatwoot,
    score_misc,
    score_programs,
    score_survival,
    score_winmail,
    score_zammad,
)
from tests.foreign.score_headers import score_headers
from tests.foreign.score_hostile import score_pages, score_strings
from tests.foreign.score_mime import score_mime
from tests.foreign.score_replies import score_replies

SCORERS = {
    "bounces": score_bounces,
    "headers": score_headers,
    "mime": score_mime,
    "programs": score_programs,
    "chatwoot": score_chatwoot,
    "zammad": score_zammad,
    "misc": score_misc,
    "winmail": score_winmail,
    "survival": score_survival,
    "replies": score_replies,
    "pages": score_pages,
    "strings": score_strings,
}
# Sets whose mails come from people and machines alike; the other set is of notices only.
MIXED_SETS = (
    "mail_mime_stalwart", "mail_mua_zbateson", "mail_chatwoot", "mail_zammad",
    "mail_helpdesk_misc", "mail_cpython", "mail_mikel", "mail_spam_malformed",
)  # fmt: skip
SAYS_SO = re.compile(
    rb"(?im)^(?:auto-submitted|precedence|x-precedence|list-[a-z]+|mailing-list|x-mailing-list|"
    rb"x-auto[a-z-]*|x-loop|x-spam[a-z-]*|return-path:\s*<>|x-failed-recipients)\b|"
    rb"multipart/report|delivery-status|^from:.*(?:mailer-daemon|postmaster|mail delivery)"
)
HEADER = """# Foreign mails

How much of the mails, texts and pages that others collected is understood as they expect it. They
are not part of this project: `make foreign` takes them from the folder that `FOREIGN_CASES` names
and asks all of them of `servicedesk mail inspect` and `servicedesk sanitize`.
`make foreign ARGS="--foreign-table docs/FOREIGN.md"` writes this page; without it nothing is
written. The last column names the cases that differ.

Where the sources and we mean different things, it is said here and not counted as a miss: letters
that the other parser could not decode (U+FFFD) match what we decode; a uuencoded file inside of a
text is a file here; rows of the bounce set that name no failed recipient (delivered, complaint,
vacation) have no verdict to compare.

"""


@pytest.fixture(scope="module")
def cases(foreign_cases: Path, tmp_path_factory: pytest.TempPathFactory) -> MailCases:
    return MailCases(foreign_cases, tmp_path_factory.mktemp("foreign-mails"))


@pytest.fixture(scope="module")
def scores(cases: MailCases) -> dict[str, list[Score]]:
    return {name: scorer(cases) for name, scorer in SCORERS.items()}


def everything(scores: dict[str, list[Score]]) -> list[Score]:
    return [score for group in scores.values() for score in group]


def test_table_of_all_sets_is_told(
    scores: dict[str, list[Score]],
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = everything(scores)
    missed = [
        f"  {score.source}, {score.measure}: {m}"
        for score in found
        if score.is_goal
        for m in score.misses
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + as_table(found) + "\n\n" + "\n".join(missed) + "\n")
    target = request.config.getoption("--foreign-table", default=None)
    if target is not None:
        target.write_text(HEADER + as_table(found) + "\n", encoding="utf-8")
    assert all(score.asked for score in found)


def shares_below(goal: float, scores: Iterable[Score]) -> dict[str, float]:
    return {
        f"{score.source}, {score.measure}": score.share for score in scores if score.share < goal
    }


def test_fields_of_headers_and_parts_are_read(scores: dict[str, list[Score]]) -> None:
    fields = [*scores["headers"], *scores["mime"], scores["programs"][0]]
    assert total_share(fields) >= 0.98
    for group in (scores["headers"], scores["mime"], scores["programs"]):
        assert total_share(group) >= 0.95


def test_mail_of_other_help_desks_is_read_as_there(scores: dict[str, list[Score]]) -> None:
    desks = [*scores["chatwoot"], *scores["zammad"], *scores["misc"]]
    assert shares_below(0.95, desks) == {}
    assert shares_below(1.0, scores["survival"]) == {}


def test_notices_are_told_from_what_people_write(scores: dict[str, list[Score]]) -> None:
    recognised, trusted, digit, hard, _, line_ends = scores["bounces"]
    assert shares_below(0.99, [recognised]) == {}
    assert shares_below(0.95, [digit, hard]) == {}
    assert shares_below(1.0, [trusted, line_ends]) == {}


def test_every_member_of_a_winmail_is_found(scores: dict[str, list[Score]]) -> None:
    assert shares_below(1.0, scores["winmail"]) == {}


def test_reply_is_what_was_written_this_time(scores: dict[str, list[Score]]) -> None:
    kept = [score for score in scores["replies"] if score.measure == "rows without a lost word"]
    assert shares_below(0.90, scores["replies"]) == {}
    assert shares_below(0.99, kept) == {}


def test_hostile_pages_and_strings_do_nothing(scores: dict[str, list[Score]]) -> None:
    assert shares_below(1.0, [*scores["pages"], *scores["strings"]]) == {}


def test_mail_is_automatic_only_if_a_header_says_so(
    cases: MailCases, capsys: pytest.CaptureFixture[str]
) -> None:
    judged: dict[str, str] = {}
    unsaid: list[str] = []
    for name in MIXED_SETS:
        raw = {row["id"]: cases.file(name, row) for row in cases.rows(name) if "file" in row}
        for row, told in cases.inspect(raw).items():
            if told["automatic"] is None and not told["bounce"]:
                continue
            header = SAYS_SO.search(raw[row])
            judged[f"{name} {row}: {told['automatic']}"] = str(header and header[0].decode())
            if header is None:
                unsaid.append(f"{name} {row}")
    with capsys.disabled():
        lines = [f"  {case}, for its header says {header}" for case, header in judged.items()]
        sys.stdout.write("\nautomatic in the other sets:\n" + "\n".join(lines) + "\n")
    assert unsaid == []
