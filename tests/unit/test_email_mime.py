"""Trees of parts: as the RFCs draw them, and as mail programs do."""

import base64

import pytest

from servicedesk.channels.email.limits import Limits
from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from servicedesk.channels.email.mime import Part, read_tree
from tests.fakes.mail import make_mail

PNG = base64.b64encode(b"\x89PNG picture").decode()


def tree(part: Part) -> object:
    if not part.children:
        return part.content_type
    return [part.content_type, *(tree(child) for child in part.children)]


def read(headers: str, body: str | bytes) -> Mail:
    return read_mail(make_mail(headers, body), Envelope())


def multipart(kind: str, *parts: str, boundary: str = "b") -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


TEXT = "Content-Type: text/plain\n\nplain words"
PAGE = "Content-Type: text/html\n\n<p>page words</p>"
PICTURE = (
    "Content-Type: image/png\nContent-ID: <pic@x>\nContent-Transfer-Encoding: base64\n\n" + PNG
)
FILE = (
    'Content-Type: application/pdf\nContent-Disposition: attachment; filename="a.pdf"\n'
    "Content-Transfer-Encoding: base64\n\n" + PNG
)


@pytest.mark.parametrize(
    ("entity", "text", "html", "files"),
    [
        (TEXT, "plain words", None, []),
        (PAGE, "page words", "<p>page words</p>", []),
        (multipart("alternative", TEXT, PAGE), "plain words", "<p>page words</p>", []),
        (multipart("mixed", TEXT, FILE), "plain words", None, ["a.pdf"]),
        (
            multipart("related", multipart("alternative", TEXT, PAGE, boundary="c"), PICTURE),
            "plain words",
            "<p>page words</p>",
            ["image-1.png"],
        ),
        (
            multipart("alternative", TEXT, multipart("related", PAGE, PICTURE, boundary="c")),
            "plain words",
            "<p>page words</p>",
            ["image-1.png"],
        ),
        (multipart("mixed", TEXT, FILE, TEXT), "plain words\n\nplain words", None, ["a.pdf"]),
        (
            multipart("mixed", TEXT, "Content-Type: text/plain; name=log.txt\n\nlog"),
            "plain words",
            None,
            ["log.txt"],
        ),
        (  # Apple Mail: the page goes on behind the file
            multipart("alternative", TEXT, multipart("mixed", PAGE, FILE, PAGE, boundary="c")),
            "plain words",
            "<p>page words</p>\n<p>page words</p>",
            ["a.pdf"],
        ),
        (  # A program forgot to put its picture in
            multipart("related", PAGE, "Content-Type: image/png; name=a.png\n\n"),
            "page words",
            "<p>page words</p>",
            [],
        ),
        (
            multipart("alternative", TEXT, PAGE, "Content-Type: text/calendar\n\nBEGIN:VCALENDAR"),
            "plain words",
            "<p>page words</p>",
            ["invite.ics"],
        ),
    ],
)
def test_text_page_and_files_are_told_apart(
    entity: str, text: str, html: str | None, files: list[str]
) -> None:
    mail = read(*entity.split("\n\n", 1))
    assert mail.text == text
    assert (mail.html.strip() if mail.html else None) == html
    assert [file.filename for file in mail.attachments] == files


def test_nested_message_is_one_file_named_by_its_subject() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: Old mail\n\nold words"
    mail = read(*multipart("mixed", TEXT, inner).split("\n\n", 1))
    assert mail.text == "plain words"
    assert [(file.filename, file.content_type) for file in mail.attachments] == [
        ("Old mail.eml", "message/rfc822")
    ]


@pytest.mark.parametrize(
    ("headers", "body", "text", "defect"),
    [
        ("Content-Type: multipart/mixed", "--x\n\nwords\n--x--\n", "words", "boundary-missing"),
        ("Content-Type: multipart/mixed; boundary=y", "just words", "just words",
         "boundary-missing"),
        ("Content-Type: multipart/mixed; boundary=x", "--x\n\nwords", "words",
         "closing-boundary-missing"),
        ("Content-Type: multipart/mixed;\nboundary=x", "--x\n\nwords\n--x--", "words",
         "broken-header-line"),
        ("Content-Transfer-Encoding: base64", "d29yZHM", "words", ""),
        ("Content-Transfer-Encoding: base64", "d29y\n!ZHM=", "words", ""),
        ("Content-Transfer-Encoding: base64", "d28=\ncmRz", "words", ""),
        ("Content-Transfer-Encoding: quoted-printable", "wo=\nrds=3D=ZZ", "words==ZZ", ""),
        ("Content-Transfer-Encoding: x-uuencode", "begin 644 a\n%=V]R9',\n`\nend", "words", ""),
        ("Content-Transfer-Encoding: unheard-of", "words", "words", ""),
    ],
)  # fmt: skip
def test_broken_mail_is_repaired_and_the_repair_named(
    headers: str, body: str, text: str, defect: str
) -> None:
    mail = read(headers, body)
    assert mail.text == text
    assert mail.defects == ((defect,) if defect else ())


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_of_every_system_mean_the_same(line_end: bytes) -> None:
    raw = make_mail("Subject: s", multipart("mixed", TEXT, FILE)).replace(b"\r\n", line_end)
    raw = raw.replace(b"Subject: s", b"Subject: s" + line_end + b"Content-Type: multipart/mixed;"
                      b" boundary=b", 1)  # fmt: skip
    mail = read_mail(raw, Envelope())
    assert (mail.text, len(mail.attachments)) == ("plain words", 1)


def test_header_cut_by_a_stray_line_goes_on_below_it() -> None:
    raw = b"From: a@x\nTo: Bob\n__\n     <bob@x.example>\nSubject: s\n\nwords"
    mail = read_mail(raw, Envelope())
    assert [address.value for address in mail.to] == ["bob@x.example"]
    assert (mail.subject, mail.text) == ("s", "words")


def test_body_without_empty_line_before_it_is_kept() -> None:
    mail = read_mail(b"From: a@x\nSubject: s\nThis is no header\n\nmore", Envelope())
    assert "This is no header" in mail.text + mail.subject
    assert "more" in mail.text


def test_flowed_text_is_joined_and_the_signature_mark_is_not() -> None:
    mail = read("Content-Type: text/plain; format=flowed", "one \ntwo\n> q \n> r\n-- \nAnn")
    assert mail.text == "one two\n> q r\n-- \nAnn"


LIMITS = Limits(parts=5, depth=3, header_lines=10, header_block_bytes=2_000, unwrapped_bytes=500)
ENCODED = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"A: b\n" * 50 + b"\nwords", "too-many-headers"),
        (b"A: " + b"b" * 5_000 + b"\n\nwords", "headers-too-large"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nw\n" * 9, "too-many-parts"),
        (b"Content-Type: message/rfc822\n\n" * 9 + b"\nwords", "nested-too-deep"),
        (ENCODED * 2 + b"words " * 60, "nested-too-deep"),
    ],
)
def test_what_exceeds_a_limit_is_named(raw: bytes, defect: str) -> None:
    defects: list[str] = []
    read_tree(raw, defects, LIMITS)
    assert defect in defects


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"../../etc/passwd"', "passwd"),
        (r'"C:\\temp\\a.doc"', "a.doc"),
        ('"a/b.txt"', "a_b.txt"),
        ('"..."', "attachment-1.pdf"),
        ('"%s.pdf"' % ("x" * 300), "x" * 196 + ".pdf"),
        ('"r\u00e9sum\u00e9.pdf"', "résumé.pdf"),
    ],
)
def test_file_name_is_safe_to_save_under(written: str, name: str) -> None:
    part = (
        f"Content-Type: application/pdf\nContent-Disposition: attachment; filename={written}\n\nx"
    )
    mail = read(*multipart("mixed", TEXT, part).split("\n\n", 1))
    assert mail.attachments[0].filename == name
