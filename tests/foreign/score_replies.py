"""reply_strip_text and reply_strip_html: what a person wrote this time, and nothing else.

Missed cuts (history kept) and false cuts (words lost) are counted apart: the second is the worse.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict

from tests.foreign.mail_cases import MailCases, Row, squeeze, wrap
from tests.foreign.mail_scores import Score

TEXTS, PAGES = "reply_strip_text", "reply_strip_html"


def score_replies(cases: MailCases) -> list[Score]:
    rows = cases.rows(TEXTS)
    told = cases.inspect({row["id"]: _mail(cases, row) for row in rows})
    scores: dict[str, Score] = defaultdict(lambda: Score(TEXTS, ""))
    kept = Score(TEXTS, "rows without a lost word")
    for row in rows:
        reply = told[row["id"]]["reply_text"]
        score = scores[row["source"]]
        score.measure = f"reply text, {row['source']}"
        wrong = [key for key in row["expected"] if not _holds(key, row, reply)]
        score.judge(right=not wrong, miss=f"{row['id']}: {wrong} {reply!r:.400}")
        lost = _lost_words(row, reply)
        kept.judge(right=not lost, miss=f"{row['id']}: {lost[:12]}")
    return [*scores.values(), kept, _score_pages(cases)]


def _mail(cases: MailCases, row: Row) -> bytes:
    if row.get("is_eml"):
        return cases.file(TEXTS, row)
    text = row["text"] if "text" in row else cases.file(TEXTS, row)
    return wrap(text, "text/plain; charset=utf-8")


def _holds(key: str, row: Row, reply: str) -> bool:
    """Does one expectation hold? What speaks of the origin's own fragments is not asked."""
    wanted = row["expected"][key]
    match key:
        case "parse_reply" | "visible_text" | "visible_text_trim" | "text_without_signature":
            return squeeze(reply) == squeeze(wanted)
        case "first_fragment" | "first_fragment_trim":
            return squeeze(reply).startswith(squeeze(wanted))
        case "reply_regex":
            wanted = wanted if isinstance(wanted, list) else [wanted]
            return all(re.search(one, reply) for one in wanted)
        case "not_in_reply":
            unwanted = wanted if isinstance(wanted, list) else [wanted]
            return not any(one in reply for one in unwanted)
    return True


def _lost_words(row: Row, reply: str) -> list[str]:
    expected = row["expected"]
    keys = ("parse_reply", "visible_text", "visible_text_trim", "first_fragment",
            "first_fragment_trim", "text_without_signature")  # fmt: skip
    wanted = next((expected[key] for key in keys if key in expected), "")
    return [word for word in wanted.split() if word not in reply]


def _score_pages(cases: MailCases) -> Score:
    rows = cases.rows(PAGES)
    told = cases.inspect(
        {
            row["id"]: wrap(
                row["html"] if "html" in row else cases.file(PAGES, row),
                "text/html; charset=utf-8",
            )
            for row in rows
        }
    )
    score = Score(PAGES, "reply text")
    for row in rows:
        ours = re.sub(r"\s+", "", told[row["id"]]["reply_text"])
        wanted = next(iter(row["expected"].values()))
        theirs = re.sub(r"\s+", "", html.unescape(re.sub(r"<[^<>]*>", "", wanted)))
        score.judge(right=ours == theirs, miss=f"{row['id']}: {ours!r} for {theirs!r}")
    return score
