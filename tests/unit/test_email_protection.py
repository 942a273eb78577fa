"""Signed and encrypted mail is kept, and marked."""

import base64

import pytest

from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from tests.fakes.mail import make_mail

SIGNED_BLOB = base64.encodebytes(bytes.fromhex("308006092a864886f70d010702a080308002")).decode()
ENVELOPED_BLOB = base64.encodebytes(bytes.fromhex("308006092a864886f70d010703a080308002")).decode()
SMIME = "Content-Type: application/pkcs7-mime; name=smime.p7m{}\nContent-Transfer-Encoding: base64"


def read(headers: str, body: str) -> Mail:
    return read_mail(make_mail(headers, body), Envelope())


@pytest.mark.parametrize(
    ("headers", "body", "signed", "encrypted"),
    [
        ("Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"",
         "--b\n\nHello\n--b\nContent-Type: application/pgp-signature\n\nsig\n--b--", True, False),
        ("Content-Type: multipart/encrypted; boundary=b",
         ("--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\n"
         "Content-Type: application/octet-stream\n\nsecret\n--b--"), False, True),
        (SMIME.format("; smime-type=signed-data"), "AAAA", True, False),
        (SMIME.format("; smime-type=enveloped-data"), "AAAA", False, True),
        (SMIME.format(""), SIGNED_BLOB, True, False),
        (SMIME.format(""), ENVELOPED_BLOB, False, True),
        ("Subject: x", "-----BEGIN PGP SIGNED MESSAGE-----\n\nHi", True, False),
        ("Subject: x", "-----BEGIN PGP MESSAGE-----\n\nhQEMA", False, True),
        ("Subject: x", "Hello", False, False),
        ("Content-Type: message/rfc822",
         "Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--", False, False),
    ],
)  # fmt: skip
def test_mail_says_whether_it_is_signed_or_encrypted(
    headers: str, body: str, signed: bool, encrypted: bool
) -> None:
    found = read(headers, body).protection
    assert (found.signed, found.encrypted) == (signed, encrypted)


def test_signature_is_kept_beside_the_words() -> None:
    mail = read(
        "Content-Type: multipart/signed; boundary=b",
        "--b\n\nHello\n--b\nContent-Type: application/pgp-signature\n\nsig\n--b--",
    )
    assert mail.text == "Hello"
    assert [file.content_type for file in mail.attachments] == ["application/pgp-signature"]
