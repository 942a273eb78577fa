"""mail_mime_stalwart: whole mails against the golden reading of another parser.

The golden lists the parts of the text and of the page by RFC 8621. A page that stands in for a
missing text is compared by its letters alone: how a page becomes text is every reader's own.
"""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from typing import Any

from tests.foreign.mail_cases import MailCases, Told, squeeze
from tests.foreign.mail_scores import Score
from tests.foreign.score_headers import addresses_of, instant_of

SET = "mail_mime_stalwart"
# Delimiters and headers that the golden takes for text.
STRUCTURE = re.compile(r"(?im)^(?:--\S+|content-[a-z-]+:.*(?:\n[ \t].*)*)$")
# The golden leaves uuencoded files in the text; here they are files.
UU_FILE = re.compile(r"(?ms)^begin [0-7]{3} [^\n]+\n.*?^end$")
FIELDS = ("from", "to", "subject", "date", "text", "html", "attachments")


def score_mime(cases: MailCases) -> list[Score]:
    rows = cases.rows(SET)
    told = cases.inspect({row["id"]: cases.file(SET, row) for row in rows})
    scores = {name: Score(SET, name) for name in FIELDS}
    malformed = Score(f"{SET} malformed", "no text part lost")
    for row in rows:
        golden = json.loads(cases.file(SET, row, "expected_file"))
        found = told[row["id"]]
        if row["group"] == "malformed":
            lost = _lost_words(golden, found)
            malformed.judge(right=not lost, miss=f"{row['id']}: {lost[:20]}")
            continue
        for name in FIELDS:
            wanted, ours = _compared(golden, found, name)
            miss = f"{row['id']}: {ours!r:.300} for {wanted!r:.300}"
            scores[name].judge(right=_is_same(wanted, ours), miss=miss)
    return [*scores.values(), malformed]


def _is_same(wanted: Any, ours: Any) -> bool:
    """Equal, where U+FFFD stands for letters that the other parser could not decode."""
    if "\ufffd" not in str(wanted):
        return bool(wanted == ours)
    pattern = re.escape(str(wanted)).replace("\ufffd", ".{1,3}")
    return re.fullmatch(pattern, str(ours), re.DOTALL) is not None


def _compared(golden: Any, told: Told, name: str) -> tuple[Any, Any]:
    """The golden's value and ours, in one form."""
    match name:
        case "from":
            return addresses_of(_header(golden, name))[:1], _pairs([told["from"]])
        case "to":
            return addresses_of(_header(golden, name)), _pairs(told["to"])
        case "subject":
            return squeeze(_header(golden, name)), squeeze(told["subject"])
        case "date":
            ours = datetime.fromisoformat(told["date"]) if told["date"] else None
            return instant_of(_header(golden, name)), ours
        case "attachments":
            packed = sum(len(UU_FILE.findall(words)) for _, words in _bodies(golden, "text_body"))
            return len(golden["attachments"]) + packed, len(told["attachments"])
        case "text":
            return _texts(golden, told)
    return _pages(golden, told)


def _pairs(addresses: list[Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["address"]) for one in addresses if one]


def _header(golden: Any, name: str) -> Any:
    headers = golden["parts"][0]["headers"]
    values = [one["value"] for one in headers if str(one["name"]).lower() == name]
    return next(iter(values[0].values())) if values and isinstance(values[0], dict) else None


def _bodies(golden: Any, side: str) -> list[tuple[str, str]]:
    """("Text" or "Html", words) of the parts that are shown on one side."""
    bodies = [golden["parts"][place]["body"] for place in golden[side]]
    found = [item for body in bodies if isinstance(body, dict) for item in body.items()]
    return [(kind, words) for kind, words in found if kind in ("Text", "Html")]


def _texts(golden: Any, told: Told) -> tuple[str, str]:
    bodies = [(kind, UU_FILE.sub("", words)) for kind, words in _bodies(golden, "text_body")]
    if all(kind == "Text" for kind, _ in bodies):
        return squeeze(" ".join(words for _, words in bodies)), squeeze(told["text"])
    wanted = "".join(_visible(words) if kind == "Html" else words for kind, words in bodies)
    return _letters(wanted), _letters(told["text"])


def _pages(golden: Any, told: Told) -> tuple[str, str]:
    bodies = _bodies(golden, "html_body")
    if all(kind == "Text" for kind, _ in bodies):
        return "no page", "no page" if told["html"] is None else _letters(_visible(told["html"]))
    wanted = "".join(_visible(words) if kind == "Html" else words for kind, words in bodies)
    return _letters(wanted), _letters(_visible(told["html"] or ""))


def _visible(page: str) -> str:
    page = re.sub(r"(?is)<(style|script|title|head)\b.*?</\1>|<!--.*?-->", "", page)
    return html.unescape(re.sub(r"<[^<>]*>", "", page))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _lost_words(golden: Any, told: Told) -> list[str]:
    """Words of the golden's text that are neither in our text nor in our page."""
    ours = _letters(told["text"]) + _letters(_visible(told["html"] or ""))
    bodies = _bodies(golden, "text_body") + _bodies(golden, "html_body")
    words = _visible(STRUCTURE.sub("", "\n".join(text for _, text in bodies))).split()
    return [word for word in words if _letters(word) not in ours]
