"""Which language is a text written in? By its script, and among Latin letters by small words.

A mail is short and full of names, so that the small words that every sentence needs tell more than
letter statistics. Where they do not tell, the answer is "": a wrong language is worse than none.
"""

import re
from collections import Counter

from servicedesk.channels.email.language_words import SMALL_WORDS

LOOKED_AT = 900
OFTEN_ENOUGH = 250
FEWEST_WORDS = 2
AHEAD = 1.3
ADDRESS_OR_LINK = re.compile(r"@|://|www\.")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
SCRIPT = re.compile(
    r"(?P<ko>[\uac00-\ud7a3]+)|(?P<ja>[\u3040-\u30ff]+)|(?P<zh>[\u3400-\u4dbf\u4e00-\u9fff]+)|"
    r"(?P<ru>[\u0400-\u04ff]+)|(?P<el>[\u0370-\u03ff]+)|(?P<he>[\u0590-\u05ff]+)|"
    r"(?P<ar>[\u0600-\u06ff]+)|(?P<th>[\u0e00-\u0e7f]+)|(?P<hi>[\u0900-\u097f]+)|"
    r"(?P<latin>[A-Za-z\u00c0-\u024f]+)"
)
FIRST_BEYOND_LATIN = "\u0370"
UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")
# A letter of these scripts says about as much as three Latin ones.
WEIGHTS = {"ko": 2, "ja": 3, "zh": 3}
# Japanese is written with hanzi as well; a tenth of kana tells it.
KANA_SHARE = 0.08
LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in SMALL_WORDS.items():
    for _word in _words.split():
        LANGUAGES_OF.setdefault(_word, []).append(_language)


def detect_language(text: str) -> str:
    """The ISO 639-1 code of the language, "" when unsure. Addresses and links do not count."""
    words = text[:LOOKED_AT]
    if "@" in words or "://" in words or "www." in words:
        words = " ".join(word for word in words.split() if not ADDRESS_OR_LINK.search(word))
    if words.isascii() or max(words) < FIRST_BEYOND_LATIN:
        return _latin(words[:OFTEN_ENOUGH]) or _latin(words)
    counts: Counter[str] = Counter()
    for run in SCRIPT.finditer(words):
        counts[run.lastgroup or ""] += len(run[0]) * WEIGHTS.get(run.lastgroup or "", 1)
    if counts["ja"] >= KANA_SHARE * (counts["ja"] + counts["zh"]):
        counts["ja"] += counts.pop("zh", 0)
    (name, letters), *_ = (*counts.most_common(1), ("latin", 0))
    if name == "latin" or letters < 2:
        return _latin(words)
    return "uk" if name == "ru" and UKRAINIAN.search(words) else name


def _latin(text: str) -> str:
    """The language whose small words are the most, and clearly more than those of any other."""
    words = WORD.findall(text.lower().replace("’", "'"))
    counts = dict.fromkeys(SMALL_WORDS, 0)
    for word in words:
        for language in LANGUAGES_OF.get(word, ()):
            counts[language] += 1
    second, most = sorted(counts.values())[-2:]
    best = max(counts, key=lambda one: counts[one])
    is_clear = most >= FEWEST_WORDS and most >= AHEAD * second and most * 10 >= len(words)
    return best if is_clear else ""
