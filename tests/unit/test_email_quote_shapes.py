"""Where programs in many languages begin what they quote: text and page."""

import pytest

from servicedesk.channels.email.html_text import html_to_text
from servicedesk.channels.email.quotes import split_reply

INTRODUCTIONS = [
    "On 2-Mar-2026, at 6:54 PM, Bob <bob@x.example> wrote:",
    "On 03/02/2026 07:10 AM, Bob wrote:",
    "On Mon, Mar 2, 2026 at 10:00 AM, Bob Long\n<bob@x.example>\nwrote:",
    "2026/3/2 Bob <bob@x.example>",
    "2026-03-02 3:18 GMT+01:00 Bob <bob@x.example>:",
    "2026-03-02 3:18 GMT+01:00 Bob <\nbob@x.example>:",
    "Bob wrote:",
    "Quoting Bob <bob@x.example>:",
    "---- Bob wrote ----",
    "Am 02.03.2026 um 15:30 schrieb Bob <bob@x.example>:",
    "Bob <bob@x.example> schrieb am Mo., 2. März 2026, 03:18:",
    "Le 2 mars 2026 à 10:01, Bob <bob@x.example> a écrit :",
    "El 02/03/2026, a las 3:18, Bob <bob@x.example> escribió:",
    "Il giorno 2 mar 2026, alle ore 3:18, Bob <bob@x.example> ha scritto:",
    "Em 02/03/2026 3:18, Bob <bob@x.example> escreveu:",
    "Op 2-mrt.-2026, om 13:18 heeft Bob <bob@x.example> het volgende geschreven:",
    "Den 2 mars 2026 02:23:18, Bob (bob@x.example) skrev:",
    "2. maaliskuuta 2026 klo 3.18 Bob <bob@x.example> kirjoitti:",
    "W dniu 2 marca 2026 01:53 użytkownik Bob <bob@x.example> napisał:",
    "Dne 2. března 2026 3:18 Bob <bob@x.example> napsal(a):",
    "Bob <bob@x.example> ezt írta (időpont: 2026. márc. 2., H, 3:18):",
    "Pe lun., 2 mar. 2026 la 03:18, Bob <bob@x.example> a scris:",
    "2 Mart 2026 Pazartesi tarihinde Bob <bob@x.example> şunu yazdı:",
    "Στις 2 Μαρ 2026, Bob <bob@x.example> έγραψε:",
    "2 марта 2026 г., 3:18 пользователь Bob <bob@x.example> написал:",
    "Понедельник, 2 марта 2026, 3:18 +04:00 от Bob <bob@x.example>:",
    "пн, 2 бер. 2026 о 03:18 Bob <bob@x.example> пише:",
    "בתאריך יום ב׳, 2 במרץ 2026 ב-3:18 מאת Bob <bob@x.example>:",
    "بتاريخ الاثنين، 2 مارس 2026 كتب Bob <bob@x.example>:",
    "Vào 14:24 2 tháng 3, 2026, Bob <bob@x.example> đã viết:",
    "Pada tanggal Sen, 2 Mar 2026 pukul 03.18 Bob <bob@x.example> menulis:",
    "บน จ. 2 มี.ค. 2026 Bob <bob@x.example> เขียนว่า:",
    '在 2026-03-02 12:00:00，"Bob" <bob@x.example> 写道：',
    "2026年3月2日 3:18 Bob <bob@x.example>:",
    "2026년 3월 2일 (월) 오후 3:18, Bob <bob@x.example>님이 작성:",
]
HEADS = [
    "From: Bob\nSent: Monday\nTo: Ann\nSubject: Order",
    "*From:* Bob [mailto:bob@x.example]\n*Sent:* Monday\n*To:* Ann",
    "Von: Bob\nGesendet: Montag\nAn: Ann\nBetreff: Bestellung",
    "De : Bob\nEnvoyé : lundi\nÀ : Ann\nObjet : Commande",
    "Od: Bob\nWysłano: poniedziałek\nDo: Ann\nTemat: Zamówienie",
    "-------- Mensaje original --------\nDe: Bob\nFecha: lunes",
    "-------- Messaggio originale --------\nDa: Bob\nData: lunedì",
    "-----Opprinnelig melding-----\nFra: Bob",
    "-----Alkuperäinen viesti-----\nLähettäjä: Bob",
    "差出人: Bob\n送信日時: 2026年\n宛先: Ann\n件名: 注文",
    "보낸 사람: Bob\n보낸 날짜: 2026\n받는 사람: Ann\n제목: 주문",
    "------------------ 原始邮件 ------------------\n发件人: Bob",
]
ADDRESS = "Bob &lt;bob@x.example&gt;"
HEAD_IN_PAGE = "<b>From:</b> Bob<br><b>Sent:</b> Monday<br><b>To:</b> Ann<br><b>Subject:</b> Order"
PAGES = {
    "Gmail": f'<div class="gmail_quote">On Mon, Mar 2, 2026, {ADDRESS} wrote:<br>'
    '<blockquote class="gmail_quote">old</blockquote></div>',
    "Apple Mail": f"<div>On 2 Mar 2026, at 10:00, {ADDRESS} wrote:</div><br>"
    '<blockquote type="cite">old</blockquote>',
    "Thunderbird": '<div class="moz-cite-prefix">On 3/2/2026 10:00 AM, Bob wrote:<br></div>'
    '<blockquote type="cite">old</blockquote>',
    "Yahoo": f'<div class="yahoo_quoted">On Monday, March 2, 2026, {ADDRESS} wrote: old</div>',
    "Outlook on the web": f'<hr tabindex="-1"><div id="divRplyFwdMsg">{HEAD_IN_PAGE}</div>old',
    "Outlook": f'<div style="border-top:solid 1pt"><p class=MsoNormal>{HEAD_IN_PAGE}</p></div>old',
    "Hotmail": '<div><hr id="stopSpelling">old without a head</div>',
    "Zimbra": f'<hr id="zwchr">{HEAD_IN_PAGE}<br>old',
    "mail.ru": f"Mon, 2 Mar 2026 17:44 +0400 от {ADDRESS}:<br><blockquote>old</blockquote>",
    "Yandex": f"<div>02.03.2026, 17:44, {ADDRESS}:</div><blockquote>old</blockquote>",
    "Proton": '<div class="protonmail_quote">Original message<br>old</div>',
    "Tuta": '<div>2. Mar 2026, 17:44 by bob@x.example:</div>'
    '<blockquote class="tutanota_quote">old</blockquote>',
    "QQ": "<div>------------------&nbsp;原始邮件&nbsp;------------------</div>"
    "<div><b>发件人:</b>&nbsp;Bob</div>old",
    "163": '<br>在 2026-03-02，"Bob" 写道：<br><blockquote id=isReplyContent>old</blockquote>',
    "any other": "<blockquote><p>old</p></blockquote>",
}  # fmt: skip


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_quote_goes_with_the_line_that_introduces_it(introduction: str) -> None:
    text = f"Sounds good.\n\n{introduction}\n\n> Shall we meet?\n>\n> Bob"
    assert split_reply(text).reply == "Sounds good."


@pytest.mark.parametrize("head", HEADS)
def test_history_goes_from_its_head_on(head: str) -> None:
    assert split_reply(f"Sounds good.\n\n{head}\n\nShall we meet?").reply == "Sounds good."


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_page_is_cut_where_its_program_quotes(page: str) -> None:
    text = html_to_text(f"<html><body><div>Sounds good.</div>{page}</body></html>")
    assert split_reply(text).reply == "Sounds good."


@pytest.mark.parametrize(
    "text",
    [
        "The form says: From: here to there.\nTo: be or not",
        "On Monday I went to the shop and they wrote: no.\nWhat now?",
        "On 2026-03-01 we wrote:\n\nplease see the list\n\nand more",
        "Date: tomorrow\nI will come to you",
        "1. From: Berlin\n2. To: Hamburg\n3. Date: 2.3.2026\n\nplease book",
        "Regards to your boss.\nI need help with:\n---\ncode\n---\nthanks",
        "Please see below\n\n- item one\n- item two\n\n-- not a signature",
        "Contact me at ann@x.example:\nI am there all day",
    ],
)
def test_words_that_only_look_like_a_quote_are_kept(text: str) -> None:
    assert split_reply(text).reply == text
