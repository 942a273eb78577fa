"""mail_bounce_sisimai: is a notice told from a person's mail, and what does it say?

Rows that expect no failed recipient (delivered, complaint, vacation) have no verdict to compare:
the contract's `bounce` names failed recipients only.
"""

from __future__ import annotations

from itertools import zip_longest

from tests.foreign.mail_cases import MailCases, Row, Told
from tests.foreign.mail_scores import Score

SET = "mail_bounce_sisimai"
NO_FAILURE = ("delivered", "feedback", "vacation")


def score_bounces(cases: MailCases) -> list[Score]:
    rows = cases.rows(SET)
    raw = {row["id"]: cases.file(SET, row) for row in rows}
    told = cases.inspect(raw)
    kept_out = Score(SET, "bounces and automatic mail recognised")
    trusted = Score(SET, "mail that is no bounce is not called one")
    digit, hard = Score(SET, "status class"), Score(SET, "hard or soft")
    reason = Score(SET, "reason, by name (no goal)", is_goal=False)
    for row in rows:
        if row["kind"] == "not_bounce":
            trusted.judge(right=told[row["id"]]["bounce"] is None, miss=row["id"])
        elif not row["kind"].startswith("newline"):
            kept_out.judge(right=told[row["id"]]["automatic"] is not None, miss=row["id"])
            _judge_verdicts(row, told[row["id"]], (digit, hard, reason))
    return [kept_out, trusted, digit, hard, reason, _score_line_ends(cases, rows, raw)]


def _judge_verdicts(row: Row, told: Told, scores: tuple[Score, Score, Score]) -> None:
    digit, hard, reason = scores
    expected = [one for one in row["expected"] or () if one["reason"] not in NO_FAILURE]
    if not expected:
        return
    for wanted, found in zip_longest(expected, told["bounce"] or ()):
        if wanted is None:  # more recipients than the set names; it counts some once
            continue
        found = found or {"status": "", "kind": "", "reason": ""}
        detail = f"{row['id']}: {found['status']} {found['kind']} {found['reason']} for {wanted}"
        if wanted["dsn"]:
            digit.judge(right=found["status"][:1] == wanted["dsn"][:1], miss=detail)
        is_hard = found["kind"] == "hard" if found["kind"] else None
        hard.judge(right=is_hard == wanted["hardbounce"], miss=detail)
        reason.judge(right=_letters(found["reason"]) == _letters(wanted["reason"]), miss=detail)


def _letters(name: str) -> str:
    return name.replace("-", "").lower()


def _score_line_ends(cases: MailCases, rows: list[Row], raw: dict[str, bytes]) -> Score:
    """CR and CRLF variants against the same bytes with LF."""
    score = Score(SET, "same verdict with CR and CRLF")
    variants = [row["id"] for row in rows if row["kind"].startswith("newline")]
    told = cases.inspect({name: raw[name] for name in variants})
    plain = cases.inspect(
        {name: raw[name].replace(b"\r\n", b"\n").replace(b"\r", b"\n") for name in variants}
    )
    for name in variants:
        same = all(told[name][key] == plain[name][key] for key in ("automatic", "bounce"))
        score.judge(right=same and told[name]["automatic"] is not None, miss=name)
    return score
