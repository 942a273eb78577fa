"""Templates are filled in once, and nothing in a value becomes more than text."""

import pytest

from servicedesk.desk.letterhead import Written, put_together
from servicedesk.desk.template_texts import BUILT_IN
from servicedesk.desk.template_words import (
    VARIABLES,
    TemplateKind,
    Words,
    check_words,
    choose_language,
    render,
)
from servicedesk.domain.errors import BadInput
from servicedesk.kernel.ids import new_id

ACK = TemplateKind.ACKNOWLEDGEMENT


def test_variables_are_filled_in_one_pass() -> None:
    words = Words("{{subject}}", "{{ contact_name }}: {{subject}}", "<p>{{subject}}</p>")
    values = {"subject": "{{brand}} & <b>", "contact_name": "Lin", "brand": "Acme"}
    assert render(words, values) == Words(
        "{{brand}} & <b>", "Lin: {{brand}} & <b>", "<p>{{brand}} &amp; &lt;b&gt;</p>"
    )


def test_a_subject_stays_one_line() -> None:
    filled = render(Words("A {{subject}}", "x", None), {"subject": "b\r\nBcc: c"})
    assert filled.subject == "A b Bcc: c"


BROKEN = [
    (ACK, Words("Hi {{name}}", "x", None), "subject"),
    (ACK, Words("Hi", "{{agent_name}}", None), "text"),
    (ACK, Words("Hi", "{{brand", None), "text"),
    (ACK, Words("Hi", "brand}}", None), "text"),
    (ACK, Words("Hi", "x", "{{Brand}}"), "html"),
    (ACK, Words("", "x", None), "subject"),
    (ACK, Words("Hi", "  ", None), "text"),
    (TemplateKind.FRAME, Words("", "no body", None), "text"),
    (TemplateKind.FRAME, Words("", "{{body}}", "<p>none</p>"), "html"),
]


@pytest.mark.parametrize(("kind", "words", "field"), BROKEN)
def test_what_could_not_be_filled_in_is_refused_where_it_stands(
    kind: TemplateKind, words: Words, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        check_words(kind, words)
    assert refused.value.facts["path"] == field


def test_what_is_built_in_can_be_filled_in() -> None:
    for kind, texts in BUILT_IN.items():
        for words in texts.values():
            check_words(kind, words)
            filled = render(words, {name: name for name in VARIABLES[kind]})
            assert "{{" not in filled.subject + filled.text


@pytest.mark.parametrize(
    ("wanted", "own", "chosen"),
    [
        ([], [], "en"),
        (["zh"], [], "zh-CN"),
        (["zh-CN"], [], "zh-CN"),
        (["en-GB"], [], "en"),
        (["nl"], [], "en"),
        (["nl"], ["de"], "de"),
        (["en"], ["de"], "en"),
        (["nl", "de"], ["en", "de"], "de"),
        (["DE-at"], ["de"], "de"),
    ],
)
def test_the_language_is_the_contacts_or_the_brands(
    wanted: list[str], own: list[str], chosen: str
) -> None:
    assert choose_language(wanted, own, ["en", "zh-CN"]) == chosen


def _written(html: str | None) -> Written:
    return Written(new_id(), "Hello,\n<you>", html, "Ana", 7, ())


VALUES = {"agent_name": "Ana & Co", "brand": "Acme", "ticket_number": "7"}
SIGNATURE = Words("", "{{agent_name}}\n{{brand}}", None)


def test_a_signature_stands_below_what_was_written() -> None:
    text, page = put_together(_written(None), VALUES, SIGNATURE, None)
    assert text == "Hello,\n<you>\n\n-- \nAna & Co\nAcme"
    assert page is None


def test_a_page_gets_the_signature_too() -> None:
    _, page = put_together(_written("<p>Hello</p>"), VALUES, SIGNATURE, None)
    assert page == "<p>Hello</p><br>\n-- <br>\nAna &amp; Co<br>\nAcme"


def test_a_frame_goes_around_all_of_it_and_escapes_the_text() -> None:
    frame = Words("", "Acme #{{ticket_number}}\n{{body}}", "<div>{{body}}</div>{{brand}}")
    text, page = put_together(_written(None), VALUES, SIGNATURE, frame)
    assert text.startswith("Acme #7\nHello,\n<you>\n\n-- \nAna & Co")
    assert page is not None
    assert page.startswith(
        "<div>Hello,<br>\n&lt;you&gt;<br>\n-- <br>\nAna &amp; Co<br>\nAcme</div>"
    )
    assert page.endswith("</div>Acme")
