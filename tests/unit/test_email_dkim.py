"""Signatures that others verify, against a message signed by the authors of the standard too."""

from collections.abc import Callable

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from servicedesk.channels.email.compose import Sending, compose
from servicedesk.channels.email.dkim_signing import (
    DkimKeyUnusable,
    public_record,
    read_signing_key,
    record_name,
    sign_mail,
)
from servicedesk.channels.email.settings import DkimSettings
from tests.fakes.mail import MARKS, NOW, make_mail, make_outbound

RSA = rsa.generate_private_key(65_537, 2_048)
ED25519 = Ed25519PrivateKey.generate()


def pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings(key: rsa.RSAPrivateKey | Ed25519PrivateKey) -> DkimSettings:
    return DkimSettings(domain="desk.example", selector="s1", private_key=SecretStr(pem(key)))


def published(signing: DkimSettings) -> Callable[..., bytes | None]:
    """DNS that has the record which an administrator is told to publish."""

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        asked = name.decode().rstrip(".")
        return public_record(signing).encode() if asked == record_name(signing) else None

    return look_up


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"automatic": True, "text": "Trailing  \n\n\n", "html": "<p>你好</p>"},
        {"subject": "Größe 尺寸 " * 20},
    ],
)
def test_composed_mail_verifies_by_the_record_that_is_to_be_published(
    key: rsa.RSAPrivateKey | Ed25519PrivateKey, changes: dict[str, object]
) -> None:
    mail = compose(make_outbound(**changes), Sending(NOW, {}), MARKS)
    signed = sign_mail(mail, settings(key))
    assert signed.endswith(mail)
    assert dkim.verify(signed, dnsfunc=published(settings(key)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"It is on its way", b"It is not coming"),
        (b"Subject: ", b"Subject: [SPAM] "),
        (b"MIME-Version", b"Subject: another\r\nMIME-Version"),
        (b"MIME-Version", b"From: thief@x.example\r\nMIME-Version"),
        (b"MIME-Version", b"List-Unsubscribe: <https://thief.example>\r\nMIME-Version"),
    ],
)
def test_what_is_changed_or_added_on_the_way_breaks_the_signature(old: bytes, new: bytes) -> None:
    signed = sign_mail(compose(make_outbound(), Sending(NOW, {}), MARKS), settings(RSA))
    header, _, rest = signed.partition(b"From: ")
    changed = header + b"From: " + rest.replace(old, new, 1)
    assert changed != signed
    assert not dkim.verify(changed, dnsfunc=published(settings(RSA)))


def test_relays_may_fold_and_pad_without_breaking_it() -> None:
    signed = sign_mail(make_mail("Subject: a b\nTo: x@y.example", "Hi \n\n"), settings(RSA))
    changed = signed.replace(b"Subject: a b", b"subject:  a\r\n\t b").replace(b"Hi \r", b"Hi\r")
    assert dkim.verify(changed, dnsfunc=published(settings(RSA)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(65_537, 1_024)).replace("PRIVATE", "PUBLIC"),
    ],
)
def test_what_is_no_signing_key_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(DkimKeyUnusable) as caught:
        read_signing_key(text)
    assert not text or text not in str(caught.value)


def test_key_is_never_printed() -> None:
    assert "BEGIN" not in repr(settings(RSA))
    assert read_signing_key(pem(RSA)).private.decode() not in repr(read_signing_key(pem(RSA)))
