"""DKIM with an own key (RFC 6376, 8301, 8463): the header that stands before a mail we send."""

import base64
from dataclasses import dataclass, field
from functools import lru_cache

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from servicedesk.channels.email.settings import DkimSettings
from servicedesk.domain.errors import ConfigurationError

SMALLEST_RSA_BITS = 1_024  # RFC 8301 §3.2
SIGNED = (
    b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to",
    b"references", b"mime-version", b"content-type", b"content-transfer-encoding",
    b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""Also those that a mail lacks: nobody can add one on the way (RFC 6376 §5.4.2)."""
SIGNED_TWICE = (b"from", b"subject", b"date", b"to")
"""So that a second one beside the first breaks the signature (RFC 6376 §8.15)."""


class DkimKeyUnusable(ConfigurationError):
    """What was entered as the key is none that signs mail."""

    code = "dkim-key-unusable"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`private` is as dkimpy takes it; `public` is the p= of the DNS record."""

    algorithm: str
    private: bytes = field(repr=False)
    public: str


def sign_mail(mail: bytes, settings: DkimSettings) -> bytes:
    """Return the mail (CRLF line ends) with its signature in front. Raises DkimKeyUnusable."""
    key = read_signing_key(settings.private_key.get_secret_value())
    header: bytes = dkim.DKIM(mail, minkey=SMALLEST_RSA_BITS).sign(
        settings.selector.encode(),
        settings.domain.encode(),
        key.private,
        signature_algorithm=f"{key.algorithm}-sha256".encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[*SIGNED, *SIGNED_TWICE],
    )
    return header + mail


def public_record(settings: DkimSettings) -> str:
    """Return the TXT record to publish (RFC 6376 §3.6.1). Raises DkimKeyUnusable."""
    key = read_signing_key(settings.private_key.get_secret_value())
    return f"v=DKIM1; k={key.algorithm}; p={key.public}"


def record_name(settings: DkimSettings) -> str:
    return f"{settings.selector}._domainkey.{settings.domain}"


@lru_cache(maxsize=64)
def read_signing_key(pem: str) -> SigningKey:
    """Read a key in PEM. Raises DkimKeyUnusable, whose words never hold the key."""
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise DkimKeyUnusable(
            "The DKIM key cannot be read: paste the whole private key (PEM), without a password, "
            "from -----BEGIN to END-----."
        ) from None
    if isinstance(key, Ed25519PrivateKey):
        return _ed25519(key)
    if isinstance(key, RSAPrivateKey) and key.key_size >= SMALLEST_RSA_BITS:
        return _rsa(key)
    raise DkimKeyUnusable(
        f"The DKIM key must be RSA of {SMALLEST_RSA_BITS} bits or more (2048 is usual), or Ed25519."
    )


def _rsa(key: RSAPrivateKey) -> SigningKey:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey("rsa", private, base64.b64encode(public).decode())


def _ed25519(key: Ed25519PrivateKey) -> SigningKey:
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SigningKey("ed25519", base64.b64encode(private), base64.b64encode(public).decode())
