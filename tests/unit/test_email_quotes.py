"""What was written this time, in the shapes of the big clients."""

import pytest

from servicedesk.channels.email.html_text import html_to_text
from servicedesk.channels.email.quotes import split_reply

GMAIL = "Thanks!\n\nOn Mon, Mar 2, 2026 at 10:30 AM Bob <bob@x.example> wrote:\n\n> Hi\n> there"
GMAIL_FOLDED = "Thanks!\n\nOn Mon, Mar 2, 2026 at 10:30 AM Bob Long\n<bob@x.example> wrote:\n> Hi"
OUTLOOK = (
    "Thanks!\n\n________________________________\nFrom: Bob <bob@x.example>\n"
    "Sent: Monday, March 2, 2026 10:30\nTo: Ann\nSubject: Order\n\nHi"
)
OUTLOOK_BARE = "Thanks!\n\nFrom: Bob <bob@x.example>\nSent: Monday\nTo: Ann\nSubject: Order\n\nHi"
ORIGINAL = "Thanks!\n\n-----Original Message-----\nFrom: Bob\nHi"
APPLE = "Thanks!\n\nSent from my iPhone\n\n> On 2 Mar 2026, at 10:30, Bob <bob@x> wrote:\n> \n> Hi"
GERMAN = "Danke!\n\nAm 02.03.26 um 10:30 schrieb Bob:\n> Hallo"
GERMAN_OUTLOOK = (
    "Danke!\n\nVon: Bob <bob@x>\nGesendet: Montag, 2. März\nAn: Ann\nBetreff: X\n\nHallo"
)
FRENCH = "Merci !\n\nLe lun. 2 mars 2026 à 10:30, Bob <bob@x.example> a écrit :\n> Bonjour"
CHINESE = "谢谢！\n\nBob <bob@x.example> 于2026年3月2日周一 10:30写道：\n> 你好"
CHINESE_OUTLOOK = (
    "谢谢！\n\n发件人: Bob <bob@x>\n发送时间: 2026年3月2日\n收件人: Ann\n主题: 订单\n\n你好"
)
QQ = "谢谢！\n\n------------------ 原始邮件 ------------------\n发件人: Bob\n你好"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (GMAIL, "Thanks!"),
        (GMAIL_FOLDED, "Thanks!"),
        (OUTLOOK, "Thanks!"),
        (OUTLOOK_BARE, "Thanks!"),
        (ORIGINAL, "Thanks!"),
        (APPLE, "Thanks!"),
        (GERMAN, "Danke!"),
        (GERMAN_OUTLOOK, "Danke!"),
        (FRENCH, "Merci !"),
        (CHINESE, "谢谢！"),
        (CHINESE_OUTLOOK, "谢谢！"),
        (QQ, "谢谢！"),
        ("Hello\n\n-- \nAnn\n+1 555", "Hello"),
        ("On Mon, Bob <b@x> wrote:\n> Hi\n\nMy answer below", "My answer below"),
        ("> first?\nyes\n> second?\nno", "> first?\nyes\n> second?\nno"),
        ("Only words.\n\nOn Monday I wrote a letter: no answer.", None),
        ("I come from: Bremen", None),
        ("See you on Friday -- or not", None),
        ("Dear team,\nFrom Monday on:\n- a\n- b", None),
        ("---------- Forwarded message ----------\nFrom: Bob\nTo: Ann\nSubject: X\n\nLook", None),
        ("", None),
    ],
)
def test_reply_is_cut_from_history_and_signature(text: str, reply: str | None) -> None:
    split = split_reply(text)
    assert split.reply == (text if reply is None else reply)


@pytest.mark.parametrize("text", [GMAIL, OUTLOOK, APPLE, GERMAN, CHINESE_OUTLOOK, QQ])
def test_nothing_is_lost_between_reply_and_rest(text: str) -> None:
    split = split_reply(text)
    kept = f"{split.reply}\n{split.quoted}".split()
    assert kept == text.split()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two", "one\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("a &lt;b&gt; &amp; c&nbsp;d", "a <b> & c d"),
        ("<style>x{}</style><script>bad()</script>words", "words"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("new<blockquote>old</blockquote>", "new\n\n> old"),
        ('new<div class="gmail_quote">On x wrote:<blockquote>old</blockquote></div>',
         "new\n> On x wrote:\n>\n> old"),
        ("<p>unclosed <b>tags", "unclosed tags"),
    ],
)  # fmt: skip
def test_page_becomes_text_with_quotes_marked(page: str, text: str) -> None:
    assert html_to_text(page) == text
