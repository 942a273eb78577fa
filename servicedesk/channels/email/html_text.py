"""HTML → plain text with the quoted parts marked by "> ", so that one rule finds what was quoted.

nh3 (html5ever) reads the page and returns a few balanced tags; what is left is a token stream.
"""

import html
import re
from dataclasses import dataclass, field

import nh3

from servicedesk.channels.email.html_bounds import within_bounds

BLOCKS = frozenset({
    "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre",
    "section", "article", "header", "footer", "address", "dl", "dt", "dd", "center", "hr",
    "blockquote", "fieldset", "figure", "main",
})  # fmt: skip
SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote"})
KEPT = BLOCKS | {"br", "td", "th", "a"}
DROPPED_WITH_CONTENT = {"script", "style", "title", "head", "noscript", "template", "select"}
# How the big clients mark the mail that is answered (class or id of its container).
QUOTING = re.compile(
    r"(?:^|\s)(?:gmail_quote|gmail_quote_container|moz-cite-prefix|yahoo_quoted|"
    r"zmail_extra|protonmail_quote|"
    r"tutanota_quote|mail_attributes|ms-outlook-mobile-reference-message|"
    r"reply-intro|qt|WM_compose_quote)(?:\s|$)",
    re.IGNORECASE,
)
# What stands first in the mail that is answered, without a container around it: all below is old.
HISTORY = re.compile(
    r"(?:^|\s)(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|stopSpelling|zwchr|"
    r"yahoo-quoted-begin)(?:\s|$)"
)
MARKED = ("div", "blockquote", "hr")
DEEPEST_QUOTE = 10
TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|([^<]+)")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
SPACE = re.compile(r"[ \t\r\n\f\u200b]+")


@dataclass(slots=True)
class _Writer:
    """Lines of text as they grow; `quotes` is a stack of how many levels each open tag added."""

    lines: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    quotes: list[tuple[str, int]] = field(default_factory=list)
    depth: int = 0
    depth_before: int = 0
    preformatted: int = 0
    is_history: bool = False
    blank_wanted: bool = False

    def write(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self.current.append(first)
            for line in others:
                self.end_line(hard=True)
                self.current.append(line)
            return
        squeezed = SPACE.sub(" ", text)
        if squeezed == " " and (not self.current or self.current[-1].endswith(" ")):
            return
        self.current.append(squeezed.lstrip() if not self.current else squeezed)

    def end_line(self, *, hard: bool = False, blank: bool = False) -> None:
        text = "".join(self.current).replace("\xa0", " ").rstrip()
        self.current.clear()
        if text or hard:
            if self.blank_wanted and self.lines and self.lines[-1].strip("> "):
                self.lines.append(_prefix(min(self.depth, self.depth_before)).rstrip())
            self.blank_wanted = False
            self.lines.append((_prefix(self.depth) + text).rstrip())
            self.depth_before = self.depth
        self.blank_wanted = self.blank_wanted or blank


def _prefix(depth: int) -> str:
    return "> " * min(depth, DEEPEST_QUOTE)


def html_to_text(page: str) -> str:
    """The visible text of a page; quoted containers and blockquotes become "> " lines."""
    marked = {"class", "id"}
    attributes = {"div": marked, "blockquote": marked, "hr": marked, "a": {"href"}}
    cleaned = nh3.clean(
        within_bounds(page),
        tags=set(KEPT),
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=attributes,
        link_rel=None,
    )
    writer = _Writer()
    for token in TOKEN.finditer(cleaned):
        closing, tag, rest, text = token.groups()
        if text is not None:
            writer.write(html.unescape(text))
        elif closing:
            _close(writer, tag)
        else:
            _open(writer, tag, rest)
    writer.end_line()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(writer.lines)).strip("\n")


def _open(writer: _Writer, tag: str, rest: str) -> None:
    if tag == "br":
        writer.end_line(hard=True)
        return
    if tag in ("td", "th"):
        if writer.current:
            writer.write(" ")
        return
    if tag not in BLOCKS:
        return
    writer.end_line(blank=tag in SPACED)
    writer.preformatted += tag == "pre"
    if tag in MARKED and not writer.is_history and _is_marked(rest, HISTORY):
        writer.is_history = True
        writer.depth += 1
    if tag in ("div", "blockquote"):
        levels = int(tag == "blockquote" or _is_marked(rest, QUOTING))
        if levels and writer.depth and tag == "blockquote" and _just_quoted(writer):
            levels = 0  # the blockquote inside of the container that is a quote already
        writer.quotes.append((tag, levels))
        writer.depth += levels
    elif tag == "hr":
        writer.current.append("---")
        writer.end_line()
    elif tag == "li":
        writer.current.append("- ")


def _close(writer: _Writer, tag: str) -> None:
    if tag not in BLOCKS:
        return
    writer.end_line(blank=tag in SPACED)
    if tag == "pre":
        writer.preformatted = max(0, writer.preformatted - 1)
    if tag in ("div", "blockquote") and writer.quotes:
        _, levels = writer.quotes.pop()
        writer.depth -= levels


def _just_quoted(writer: _Writer) -> bool:
    """Was the last level added by a container div, so that its blockquote adds none?"""
    added = [tag for tag, levels in writer.quotes if levels]
    return bool(added) and added[-1] == "div"


def _is_marked(attributes: str, marks: re.Pattern[str]) -> bool:
    return any(marks.search(value) for _, value in ATTRIBUTE.findall(attributes))
