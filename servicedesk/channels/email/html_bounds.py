"""Pages within bounds, before an HTML parser sees them.

html5ever is fast on every ordinary page, but some shapes cost it minutes (nh3 0.3.8, measured):
200,000 open <div> 303 s, 2 MB of "&a" 18 s, one tag with 250,000 attributes 15 s, 300,000 scattered
&nbsp; 3 s; and each formatting element left open is made anew in every paragraph. What exceeds the
bounds is left out; it stays in the raw mail.
"""

import re
from collections import Counter

DEEPEST = 300
DEEPEST_FORMATTING = 12
MOST_TAGS = 100_000
MOST_ATTRIBUTES = 100
MOST_REFERENCES = 20_000
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]*)>?")
SEPARATOR = re.compile(r"[\s/=]+")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
CHARACTER = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]{2,6})|([0-9]{3,7}));|(nbsp);)")
FIRST_BEYOND_ASCII = 0xA0
# The parser makes these anew in each block while they are open (HTML Standard, §13.2.4.3).
FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
# Closed by what follows them, or never open: they do not nest by themselves.
NOT_NESTING = frozenset({
    "area", "base", "br", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li",
    "link", "meta", "option", "p", "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr",
    "track", "wbr", "html", "head", "body",
})  # fmt: skip


def within_bounds(page: str) -> str:
    """The page without what no parser should meet; an ordinary page means the same as before."""
    return _bound_tags(_bound_references(page))


def _bound_references(page: str) -> str:
    """Character references beyond ASCII as characters; of the others so many that can be borne."""
    page = CHARACTER.sub(_character, page)
    if page.count("\xa0") > MOST_REFERENCES:
        page = page.replace("\xa0", " ")
    if page.count("&") <= MOST_REFERENCES:
        return page
    pieces = page.split("&", MOST_REFERENCES)
    return "&".join(pieces[:-1]) + " " + pieces[-1].replace("&", " ")


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2] or FIRST_BEYOND_ASCII)
    valid = FIRST_BEYOND_ASCII <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if valid else found[0]


def _bound_tags(page: str) -> str:
    out: list[str] = []
    depths: Counter[str] = Counter()
    copied = tags = nesting = formatting = 0
    for tag in TAG.finditer(page):
        tags += 1
        if tags > MOST_TAGS:
            return "".join((*out, page[copied : tag.start()]))
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if len(attributes) > MOST_ATTRIBUTES and _has_too_many(attributes):
            out += (page[copied : tag.start()], f"<{closing}{name}>")
            copied = tag.end()
        if name in NOT_NESTING:
            continue
        is_formatting = name in FORMATTING
        if closing:
            step = -1 if depths[name] else 0
        elif nesting >= DEEPEST or (is_formatting and formatting >= DEEPEST_FORMATTING):
            out.append(page[copied : tag.start()])
            copied, step = tag.end(), 0
        else:
            step = 1
        depths[name] += step
        nesting += step
        formatting += step if is_formatting else 0
    return "".join((*out, page[copied:])) if out else page


def _has_too_many(attributes: str) -> bool:
    return len(SEPARATOR.split(QUOTED.sub(" ", attributes))) > MOST_ATTRIBUTES
