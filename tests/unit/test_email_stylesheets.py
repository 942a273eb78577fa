"""What is kept of a page's style blocks."""

import pytest

from servicedesk.channels.email.sanitize import page, sanitize
from servicedesk.channels.email.stylesheets import LONGEST_SHEET, MOST_RULES, clean_stylesheets


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<style>p{color:red}</style>", "p{color:red}"),
        ("<style type='text/css'><!-- .a, .b > td { color : red ; margin:0 } --></style>",
         ".a, .b > td{color:red;margin:0}"),
        ("<style>p{color:red}</style>x<STYLE>b{color:blue}</STYLE>",
         "p{color:red}\nb{color:blue}"),
        ("<style>/* a{} */p{color:red/* no */}</style>", "p{color:red}"),
        ("<style>@media screen and (max-width: 600px) { .c { width: 100% !important } }</style>",
         "@media screen and (max-width: 600px){.c{width:100% !important}}"),
        ("<style>a:hover{color:red}</style>", "a:hover{color:red}"),
        ("<body bgcolor=#eeeeee text='#111'>", "body{background-color:#eeeeee;color:#111}"),
        ("<body style=\"margin:0;position:fixed\">", "body{margin:0}"),
        # Dropped
        ("<style>@import url(http://x/a.css);p{color:red}</style>", "p{color:red}"),
        ("<style>@font-face{font-family:x;src:url(//x/a)}p{color:red}</style>", "p{color:red}"),
        ("<style>p{background:url(http://x/track)}</style>", ""),
        ("<style>p{background-image:url(http://x/track)}</style>", ""),
        ("<style>p{position:fixed;color:red}</style>", "p{color:red}"),
        ("<style>p{color:expression(alert(1))}</style>", ""),
        ("<style>p{color:red}</style", "p{color:red}"),
        ("<style>a<b{color:red}i{color:red}</style>", "i{color:red}"),
        ("<style>a\\3c b{color:red}</style>", ""),
        ("<style>@media print{p{color:red}}</style>", ""),
        ("<style>@media (prefers-color-scheme: dark){p{color:white}}</style>", ""),
        ("<style>@media screen{@media print{p{color:red}}}</style>", ""),
        ("<style>@supports (x:y){p{color:red}}i{color:red}</style>", "i{color:red}"),
        ("<!--[if mso]><style>p{color:red}</style><![endif]-->", ""),
        ("<style>p{color:red", ""),
        ("<style>p{color:red}", ""),
        ("<style", ""),
        ("<p style='color:red'>x</p>", ""),
    ],
)  # fmt: skip
def test_only_harmless_rules_are_kept(dirty: str, clean: str) -> None:
    assert clean_stylesheets(dirty) == clean


def test_sheet_stands_in_the_head_and_the_fragment_stays_bare() -> None:
    cleaned = sanitize("<style>.a{color:red}</style><p class=a>Hi</p>")
    assert cleaned.html == '<p class="a">Hi</p>'
    assert ".a{color:red}</style></head><body>" in page(cleaned)


@pytest.mark.parametrize(
    "attack",
    [
        "<style>p{color:red}</style><script>alert(1)</script>",
        "<style>p{font-family:'</style><script>alert(1)</script>'}</style>",
        "<style>[a='</style><img src=x onerror=alert(1)>']{color:red}</style>",
        "<style>@media screen</style><script>{p{color:red}}</style>",
    ],
)
def test_no_sheet_ends_its_element(attack: str) -> None:
    sheet = clean_stylesheets(attack)
    assert "<" not in sheet
    assert "script" not in page(sanitize(attack)).partition("<body>")[0]


@pytest.mark.parametrize(
    "sheet",
    ["<style>" * 100_000, "<!--" * 200_000, "<style>" + "p{color:red}" * 100_000 + "</style>",
     "<style>" + "{" * 500_000 + "</style>", "<style>" + "@media x{" * 50_000 + "</style>",
     "<style>" + "/*" * 300_000 + "</style>", "<style>p{color:red}</style>" * 20_000],
    ids=lambda sheet: sheet[:16],
)  # fmt: skip
def test_sheet_made_to_be_large_is_bounded(sheet: str) -> None:
    kept = clean_stylesheets(sheet)
    assert len(kept) <= LONGEST_SHEET + MOST_RULES
