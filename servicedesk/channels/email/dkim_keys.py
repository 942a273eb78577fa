"""New keys for DKIM: RSA of 2048 bits, which every receiver can verify (RFC 8301 §3.2)."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

BITS = 2_048
PUBLIC_EXPONENT = 65_537


def new_signing_key() -> str:
    """Return a new private key (PEM, without a password). Takes a moment of one processor."""
    key = rsa.generate_private_key(PUBLIC_EXPONENT, BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
