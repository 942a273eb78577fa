"""A stranger's HTML → HTML that may stand in an agent's browser.

nh3 (ammonia, html5ever) parses as browsers do and keeps an allow-list of tags and attributes; on
top of it come an allow-list of CSS, and pictures: those that came with the mail are shown, remote
ones only when somebody asks, because fetching one tells its sender that the mail was read. The
result is meant for a sandboxed frame with the policy that `page` writes: two fences, each of which
holds alone.
"""

import html as entities
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import nh3

from servicedesk.channels.email.css import clean_style
from servicedesk.channels.email.html_bounds import within_bounds
from servicedesk.channels.email.stylesheets import clean_stylesheets

TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div",
    "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
    "wbr",
}  # fmt: skip
# Their text is no text: it goes with them.
DROPPED_WITH_CONTENT = {
    "script", "style", "title", "head", "noscript", "noembed", "noframes", "iframe", "object",
    "embed", "applet", "template", "textarea", "select", "svg", "math", "xmp", "plaintext",
    "frameset", "audio", "video", "canvas",
}  # fmt: skip
_CELL = {"align", "valign", "width", "height", "bgcolor", "colspan", "rowspan", "nowrap"}
ATTRIBUTES = {
    "*": {"style", "class", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "hspace", "vspace"},
    "table": {
        "width",
        "height",
        "border",
        "cellpadding",
        "cellspacing",
        "bgcolor",
        "frame",
        "rules",
    },
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign", "bgcolor", "height"},
    "tbody": {"valign"},
    "thead": {"valign"},
    "tfoot": {"valign"},
    "col": {"span", "width", "valign"},
    "colgroup": {"span", "width", "valign"},
    "font": {"color", "face", "size"},
    "hr": {"color", "noshade", "size", "width"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
    "time": {"datetime"},
    "details": {"open"},
}
LINK_SCHEMES = ("http:", "https:", "mailto:", "tel:")
# Pictures written into the page itself; never SVG, which is a document.
EMBEDDED_PICTURE = re.compile(
    r"^data:image/(?:png|gif|jpe?g|webp|bmp|x-icon);base64,[\w+/=\s]*$", re.I
)
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; "
    "form-action 'none'"
)
PAGE_STYLE = (
    "body{margin:0;display:flow-root;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere;"
    "color:#1a1a1a;background:#fff}img{max-width:100%;height:auto}table{max-width:100%}"
    "pre{white-space:pre-wrap}"
    "blockquote{margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex}"
    "p.MsoNormal,li.MsoNormal,div.MsoNormal{margin:0}"
)


class Pictures(StrEnum):
    """What becomes of remote pictures."""

    BLOCKED = "blocked"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Sanitized:
    """`remote_pictures` counts the pictures that lie on other people's servers, shown or not.

    `styles` is a sheet for the head of the page that shows `html`, which is a fragment.
    """

    html: str
    remote_pictures: int
    styles: str = ""


class _Filter:
    """Judges each attribute value; counts remote pictures on the way."""

    def __init__(self, pictures: Pictures, cid_urls: Mapping[str, str]) -> None:
        self._pictures = pictures
        self._cid_urls = cid_urls
        self.remote_pictures = 0

    def __call__(self, _tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return clean_style(value) or None
        if attribute == "href":
            return value if _scheme(value) in LINK_SCHEMES else None
        if attribute == "src":
            return self._picture(value.strip())
        return value

    def _picture(self, source: str) -> str | None:
        scheme = _scheme(source)
        if scheme == "cid:":
            return self._cid_urls.get(source[4:].strip("<>"))
        if EMBEDDED_PICTURE.match(source):
            return source
        if scheme in ("http:", "https:"):
            self.remote_pictures += 1
            return source if self._pictures is Pictures.SHOWN else None
        return None


def _scheme(url: str) -> str:
    """The scheme as a browser reads it: without white space and control characters, lower case."""
    bare = re.sub(r"[\x00-\x20\x7f-\xa0]", "", url)
    found = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", bare)
    if found is None:
        return "https:" if bare.startswith("//") else ""
    return found[0].lower()


def sanitize(
    page: str,
    pictures: Pictures = Pictures.BLOCKED,
    cid_urls: Mapping[str, str] | None = None,
) -> Sanitized:
    """Clean a fragment or a page. `cid_urls` maps a Content-ID (bare) to where its file is served.

    Nothing in the result runs, submits, redirects or loads from elsewhere (with BLOCKED). A picture
    that may not be shown keeps its place and its `alt` text.
    """
    judge = _Filter(pictures, cid_urls or {})
    bounded = within_bounds(page)
    cleaned = nh3.clean(
        bounded,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=judge,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative="pass_through",
    )
    return Sanitized(cleaned, judge.remote_pictures, clean_stylesheets(bounded))


def text_as_html(text: str) -> str:
    """Plain text for the same frame: escaped, its lines kept."""
    return f'<div style="white-space:pre-wrap">{entities.escape(text)}</div>'


def page(
    sanitized: Sanitized, pictures: Pictures = Pictures.BLOCKED, picture_origins: Sequence[str] = ()
) -> str:
    """A whole small document around the cleaned fragment, with a policy of its own.

    `picture_origins` are where the mail's own files are served from (scheme://host). Serve it with
    `content_security_policy` as a header as well.
    """
    policy = entities.escape(content_security_policy(pictures, picture_origins))
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer">'
        f"<style>{PAGE_STYLE}\n{sanitized.styles}</style></head>"
        f"<body>{sanitized.html}</body></html>"
    )


def content_security_policy(pictures: Pictures, picture_origins: Sequence[str] = ()) -> str:
    """The policy for a mail's page: no script, no form, no frame; pictures as chosen."""
    remote = ("https:", "http:") if pictures is Pictures.SHOWN else ()
    return CONTENT_SECURITY_POLICY.format(pictures=" ".join(("data:", *picture_origins, *remote)))
