"""The style blocks of a page, by allow-list: newsletters put most of their look there.

What comes out goes into the head of a page of ours, so that nothing in it may end a style element,
load a file or reach beyond the declarations that `css` allows.
"""

import re
from collections.abc import Iterator

from servicedesk.channels.email.css import clean_style

LONGEST_SHEET = 100_000
MOST_RULES = 2_000
BLOCK_START = re.compile(r"<!--|<style\b", re.IGNORECASE)
BLOCK_END = re.compile(r"</style", re.IGNORECASE)
BODY = re.compile(r"<body\b([^<>]{1,2000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"\b(bgcolor|text|style)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I
)
BODY_PROPERTIES = {"bgcolor": "background-color", "text": "color"}
# No backslash (escapes), no "<", no "@", no braces.
SELECTOR = re.compile(r"[\w\s.#,>+~*:()\[\]=\"'^$|-]{1,1000}")
MEDIA_QUERY = re.compile(r"@media\s+([\w\s():,./-]{1,300})", re.IGNORECASE)
# The frame is light, whatever the reader's screen is.
NOT_HERE = re.compile(r"prefers-color-scheme|\bprint\b", re.IGNORECASE)


def clean_stylesheets(page: str) -> str:
    """One sheet with the harmless rules of all style blocks and of the body, in order."""
    rules = [*_body_rule(page)]
    size = sum(map(len, rules))
    for block in _blocks(page):
        for rule in _rules(_without_comments(block), nested=False):
            size += len(rule)
            if size > LONGEST_SHEET or len(rules) >= MOST_RULES:
                return "\n".join(rules)
            rules.append(rule)
    return "\n".join(rules)


def _blocks(page: str) -> Iterator[str]:
    """What stands in style elements; those in comments are for other programs (Outlook's)."""
    place = 0
    while (found := BLOCK_START.search(page, place)) is not None:
        if found[0] == "<!--":
            end = page.find("-->", found.end())
            place = end + 3
        else:
            start = page.find(">", found.end()) + 1
            closing = BLOCK_END.search(page, start) if start else None
            end = closing.start() if closing else -1
            yield page[start : end if end >= 0 else start][:LONGEST_SHEET]
            place = end
        if end < 0:
            return


def _without_comments(sheet: str) -> str:
    pieces = []
    place = 0
    while (start := sheet.find("/*", place)) >= 0:
        pieces.append(sheet[place:start])
        end = sheet.find("*/", start + 2)
        if end < 0:
            return "".join(pieces)
        place = end + 2
    pieces.append(sheet[place:])
    return "".join(pieces).replace("<!--", " ").replace("-->", " ")


def _rules(sheet: str, *, nested: bool) -> Iterator[str]:
    place = 0
    while (brace := sheet.find("{", place)) >= 0:
        head = sheet[place:brace].strip()
        if head.startswith("@") and ";" in head:  # @import and @charset have no block
            head = head.rpartition(";")[2].strip()
        end = _block_end(sheet, brace) if head.startswith("@") else sheet.find("}", brace)
        if end < 0:
            return
        inside = sheet[brace + 1 : end]
        place = end + 1
        if not head.startswith("@"):
            yield from _rule(head, inside)
        elif not nested:
            yield from _media(head, inside)


def _block_end(sheet: str, brace: int) -> int:
    depth = 0
    for found in re.compile("[{}]").finditer(sheet, brace):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return -1


def _rule(selector: str, declarations: str) -> Iterator[str]:
    style = clean_style(declarations)
    if style and SELECTOR.fullmatch(selector):
        yield f"{' '.join(selector.split())}{{{style}}}"


def _media(head: str, inside: str) -> Iterator[str]:
    query = MEDIA_QUERY.fullmatch(head)
    if query is None or NOT_HERE.search(query[1]):
        return
    rules = "".join(_rules(inside, nested=True))
    if rules:
        yield f"@media {' '.join(query[1].split())}{{{rules}}}"


def _body_rule(page: str) -> Iterator[str]:
    """The colours that a page gives its body, which is not part of a fragment."""
    body = BODY.search(page)
    if body is None:
        return
    declarations = []
    for name, double, single, bare in ATTRIBUTE.findall(body[1]):
        value = double or single or bare
        prefix = BODY_PROPERTIES.get(name.lower())
        declarations.append(f"{prefix}:{value.split(';')[0]}" if prefix else value)
    style = clean_style(";".join(declarations))
    if style:
        yield f"body{{{style}}}"
