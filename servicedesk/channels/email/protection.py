"""Is a mail signed or encrypted, by PGP (RFC 3156, 4880) or S/MIME (RFC 8551)?

Nothing is verified or decrypted here: the mail is kept as it is, and marked.
"""

import binascii
from dataclasses import dataclass

from servicedesk.channels.email.mime import Part

SMIME_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
# Object identifiers of what a CMS blob holds (RFC 5652): pkcs7 2 and 3.
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
OID_LOOKED_AT = 64
INLINE_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
INLINE_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True, slots=True)
class Protection:
    signed: bool = False
    encrypted: bool = False


def find_protection(root: Part, text: str) -> Protection:
    """What the parts say, those of a nested message left out, and the marks of PGP in a text."""
    signed = INLINE_SIGNED in text
    encrypted = INLINE_ENCRYPTED in text
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.is_multipart:
            waiting.extend(part.children)
        signed |= part.content_type == "multipart/signed"
        encrypted |= part.content_type == "multipart/encrypted"
        if part.content_type in SMIME_TYPES:
            is_signature = _is_signed_data(part)
            signed |= is_signature
            encrypted |= not is_signature
    return Protection(signed, encrypted)


def _is_signed_data(part: Part) -> bool:
    """By the parameter that tells it, else by the blob's own type."""
    told = part.parameters.get("smime-type", "").lower()
    if told:
        return told in ("signed-data", "certs-only")
    try:
        return SIGNED_DATA in part.content()[:OID_LOOKED_AT]
    except binascii.Error:
        return False
