"""Files and texts in mails that are packed in other ways than MIME."""

import base64
import binascii
import struct

import pytest

from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from servicedesk.channels.email.rtf import decompress_rtf, rtf_to_page
from servicedesk.channels.email.winmail import MESSAGE_OBJECT, read_winmail
from tests.fakes.mail import make_mail
from tests.fakes.winmail import (
    BEGIN_FILE,
    FILE,
    MESSAGE,
    binary,
    file_attributes,
    make_winmail,
    message_attribute,
    text,
)

REPORT = file_attributes(text(0x3707, "Bericht über März.pdf"), binary(0x3701, b"%PDF report"))
PICTURE = file_attributes(
    text(0x3707, "logo.png"), binary(0x3701, b"\x89PNG"), text(0x370E, "image/png"),
    text(0x3712, "logo@x"),
)  # fmt: skip


def winmail_mail(stream: bytes, words: str = "") -> Mail:
    packed = base64.encodebytes(stream).decode()
    body = (
        f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: application/ms-tnef; "
        f"name=winmail.dat\nContent-Transfer-Encoding: base64\n\n{packed}--b--"
    )
    return read_mail(make_mail("Content-Type: multipart/mixed; boundary=b", body), Envelope())


def files(mail: Mail) -> list[tuple[str, str, bytes]]:
    return [(file.filename, file.content_type, file.content) for file in mail.attachments]


def test_members_of_a_winmail_are_files_of_their_own() -> None:
    mail = winmail_mail(make_winmail(*REPORT, *PICTURE), "See the files.")
    assert files(mail) == [
        ("Bericht über März.pdf", "application/pdf", b"%PDF report"),
        ("logo.png", "image/png", b"\x89PNG"),
    ]
    assert mail.attachments[1].content_id == "logo@x"
    assert mail.text == "See the files."
    assert mail.html is None


def test_page_of_a_winmail_is_shown_where_the_mail_has_no_text() -> None:
    page = message_attribute(binary(0x1013, "<p>Grüße</p>".encode("cp1252")))
    mail = winmail_mail(make_winmail(page, *REPORT))
    assert mail.text == "Grüße"
    assert mail.html == "<p>Grüße</p>"
    assert [name for name, _, _ in files(mail)] == ["Bericht über März.pdf"]
    assert winmail_mail(make_winmail(page, *REPORT), "Own words").text == "Own words"


def test_old_title_and_data_make_a_file_too() -> None:
    stream = make_winmail(
        BEGIN_FILE, (FILE, 0x18010, b"OLD.TXT\0"), (FILE, 0x6800F, b"old words"), BEGIN_FILE,
        (FILE, 0x6800F, b"without a name"),
    )  # fmt: skip
    assert files(winmail_mail(stream, "x")) == [
        ("OLD.TXT", "text/plain", b"old words"),
        ("unknown.dat", "application/octet-stream", b"without a name"),
    ]


def test_message_inside_gives_its_text_and_files() -> None:
    inner = make_winmail(message_attribute(text(0x1000, "Inner words")), *REPORT)
    outer = file_attributes(text(0x3001, "Re: offer"), binary(0x3701, MESSAGE_OBJECT + inner))
    mail = winmail_mail(make_winmail(*outer), "x")
    assert files(mail)[0] == ("Re: offer.txt", "text/plain", b"Inner words")
    assert files(mail)[1][0] == "Bericht über März.pdf"


def test_stream_without_files_or_words_stays_a_file() -> None:
    stream = make_winmail((MESSAGE, 0x78008, b"IPM.Note\0"))
    assert [file.filename for file in winmail_mail(stream, "Hi").attachments] == ["winmail.dat"]


@pytest.mark.parametrize("length", range(0, 400, 7))
def test_torn_stream_is_read_as_far_as_it_goes(length: int) -> None:
    whole = make_winmail(*PICTURE, *REPORT)
    mail = winmail_mail(whole[:length], "Words")
    assert mail.text == "Words"
    assert mail.attachments


def test_senseless_properties_are_told_as_damage() -> None:
    stream = make_winmail(BEGIN_FILE, (FILE, 0x69005, struct.pack("<IHH", 1, 0x77, 0x3701)))
    assert read_winmail(stream).is_damaged
    assert "winmail-damaged" in winmail_mail(stream, "x").defects


def test_six_million_empty_values_are_not_counted_out() -> None:
    many = struct.pack("<IHHI", 1, 0x101E, 0x3707, 6_000_000)
    stream = make_winmail(BEGIN_FILE, (FILE, 0x69005, many + b"\0" * 24_000_000))
    assert read_winmail(stream).is_damaged


def compress_plainly(rtf: bytes) -> bytes:
    """[MS-OXRTFCP] with literal bytes and the end mark only."""
    body = b"".join(b"\0" + rtf[place : place + 8] for place in range(0, len(rtf), 8))
    return struct.pack("<IIII", len(body) + 12, len(rtf), 0x75465A4C, 0) + body


def test_rich_text_is_decompressed_as_its_specification_shows() -> None:
    """The example of [MS-OXRTFCP] §3.1 and §3.2."""
    simple = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a"
        "800fa0"
    )
    assert decompress_rtf(simple, 1_000) == "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompress_rtf(crossing, 1_000) == "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize(
    ("rtf", "text", "is_page"),
    [
        (r"{\rtf1\ansi Hello\par World}", "Hello\nWorld", False),
        (r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Hi {\b there}}", "Hi there", False),
        (r"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe}", "Grüße", False),
        (r"{\rtf1\ansi\ansicpg936 \'c4\'e3\'ba\'c3}", "你好", False),
        (r"{\rtf1\ansi\uc1 \u20320?\u22909?}", "你好", False),
        (r"{\rtf1\ansi\uc1 \u-10179?\u-8704?}", "😀", False),
        (r"{\rtf1\ansi {\*\generator Riched;}a\~b\{c\}}", "a\xa0b{c}", False),
        (r"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf \par \htmlrtf0 Hi{\*\htmltag72 </p>}}",
         "<p>Hi</p>", True),
        ("no rich text", "no rich text", False),
    ],
)  # fmt: skip
def test_rich_text_becomes_words_or_the_page_it_was(rtf: str, text: str, is_page: bool) -> None:
    assert rtf_to_page(rtf) == (text, is_page)


def test_rich_text_is_shown_where_the_mail_has_no_text() -> None:
    packed = compress_plainly(rb"{\rtf1\ansi Only rich words}")
    mail = winmail_mail(make_winmail(message_attribute(binary(0x1009, packed))))
    assert mail.text == "Only rich words"
    assert mail.attachments == ()


def uuencoded(name: str, data: bytes) -> str:
    lines = [binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45)]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def test_uuencoded_files_leave_the_text_that_they_stand_in() -> None:
    first, second = b"one" * 50, bytes(range(256))
    body = f"Before\n{uuencoded('a.txt', first)}Between\n{uuencoded('b.bin', second)}After"
    mail = read_mail(make_mail("Subject: uu", body), Envelope())
    assert mail.text.split() == ["Before", "Between", "After"]
    assert files(mail) == [
        ("a.txt", "text/plain", first),
        ("b.bin", "application/octet-stream", second),
    ]
    assert mail.subject == "uu"


@pytest.mark.parametrize(
    "body",
    [
        "begin 644 the talks\nWe should begin soon.\nend",
        "begin 644 a.txt\n" + binascii.b2a_uu(b"x" * 45).decode(),
        "We begin 644 a.txt\n",
        "begin 644 a.txt\nend\n",
    ],
)
def test_text_that_only_begins_like_a_file_stays_text(body: str) -> None:
    mail = read_mail(make_mail("Subject: uu", body), Envelope())
    assert mail.text.split() == body.split()
    assert mail.attachments == ()
