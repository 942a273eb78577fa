"""A stranger's page, made harmless, and still the page it was."""

import re

import pytest

from servicedesk.channels.email.html_bounds import within_bounds
from servicedesk.channels.email.sanitize import Pictures, page, sanitize

REMOTE = '<img src="https://tracker.example/p.gif" alt="logo">'


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p>plain <b>words</b></p>", "<p>plain <b>words</b></p>"),
        ("a<script>alert(1)</script>b", "ab"),
        ("<p onclick=alert(1)>x</p>", "<p>x</p>"),
        ("<style>p{color:red}</style>x", "x"),
        ("<form action=/x><input name=a>words</form>", "words"),
        ("<iframe src=//x></iframe>x", "x"),
        ("<svg><script>alert(1)</script></svg>x", "x"),
        ("<meta http-equiv=refresh content=0>x", "x"),
        ("<base href=//x><link rel=stylesheet href=//x>x", "x"),
        ('<img src="javascript:alert(1)">', "<img>"),
        ('<img src="data:image/svg+xml;base64,AA">', "<img>"),
        ('<img src="data:image/png;base64,AA">', '<img src="data:image/png;base64,AA">'),
        ('<p style="color:red;position:fixed">x</p>', '<p style="color:red">x</p>'),
        ('<p style="background:url(//x)">x</p>', "<p>x</p>"),
        ('<p style="width:expression(alert(1))">x</p>', "<p>x</p>"),
        (r'<p style="color:\75 rl(x)">x</p>', "<p>x</p>"),
        ('<p style="color:rgb(1, 2, 3)">x</p>', '<p style="color:rgb(1, 2, 3)">x</p>'),
        ("<!-- comment -->x", "x"),
    ],
)
def test_only_what_is_harmless_is_kept(dirty: str, clean: str) -> None:
    assert sanitize(dirty).html == clean


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("https://x.example/a?b=c", True),
        ("mailto:ann@x.example", True),
        ("tel:+15551", True),
        ("javascript:alert(1)", False),
        (" jAva\tscript:alert(1)", False),
        ("\x01javascript:alert(1)", False),
        ("vbscript:x", False),
        ("data:text/html,x", False),
        ("cid:part", False),
        ("/relative", False),
    ],
)
def test_link_goes_only_where_a_link_may_go(href: str, kept: bool) -> None:
    html = sanitize(f'<a href="{href}">x</a>').html
    assert ("href=" in html) is kept
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer"' in html


def test_colour_stays_where_its_picture_goes() -> None:
    dirty = '<p style="background:#eee url(https://x/p.gif) no-repeat;color:red">x</p>'
    assert sanitize(dirty).html == '<p style="background:#eee  no-repeat;color:red">x</p>'


def test_remote_picture_waits_until_asked_for_and_keeps_its_words() -> None:
    blocked = sanitize(REMOTE)
    assert "tracker.example" not in blocked.html
    assert 'alt="logo"' in blocked.html
    assert blocked.remote_pictures == 1
    shown = sanitize(REMOTE, Pictures.SHOWN)
    assert "https://tracker.example/p.gif" in shown.html
    assert shown.remote_pictures == 1


def test_picture_of_the_mail_is_served_from_here() -> None:
    dirty = '<img src="cid:pic@x"><img src="cid:other">'
    cleaned = sanitize(dirty, cid_urls={"pic@x": "https://d/f"})
    assert cleaned.html == '<img src="https://d/f"><img>'
    assert cleaned.remote_pictures == 0


def test_page_forbids_what_the_cleaning_removed() -> None:
    document = page(sanitize(REMOTE), picture_origins=["https://desk.example"])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', document)
    assert policy is not None
    assert "default-src &#x27;none&#x27;" in policy[1]
    assert "img-src data: https://desk.example;" in policy[1]


def test_ordinary_page_passes_the_bounds_unchanged() -> None:
    ordinary = "<div><p>a &amp; b &lt; c</p><table><tr><td>x</td></tr></table></div>" * 200
    assert within_bounds(ordinary) == ordinary
