"""Transfer encodings (RFC 2045 §6) taken off, whatever is broken about them."""

import binascii
import re

NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
AFTER_PADDING = re.compile(rb"(={1,2})[ \t]+[^\r\n]+")
STRETCH = re.compile(rb"[^=]+={0,2}")
UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]+)\r?\n", re.MULTILINE)


def decode_transfer(body: bytes, encoding: bytes) -> bytes:
    """Undo base64, quoted-printable and uuencode; leave everything else as it is."""
    name = encoding.split(b";", 1)[0].strip().strip(b"\"'").lower()
    if name == b"base64":
        return decode_base64(body)
    if name in (b"quoted-printable", b"quoted_printable", b"quotedprintable"):
        return binascii.a2b_qp(body)
    if name in (b"uuencode", b"x-uuencode", b"x-uue", b"uue"):
        begin = UU_BEGIN.search(body)
        return decode_uu(body[begin.end() :]) if begin else body
    return body


def decode_base64(body: bytes) -> bytes:
    """Decode what can be decoded; each padded stretch counts, as glued base64 is seen in mails."""
    body = AFTER_PADDING.sub(rb"\1", body) if b"= " in body else body
    if b"=" in body.rstrip(b"= \t\r\n"):
        out = bytearray()  # a list of millions of short stretches would cost ten times the mail
        for stretch in STRETCH.finditer(body):
            out += _decode_stretch(stretch[0])
        return bytes(out)
    return _decode_stretch(body)


def _decode_stretch(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        pass
    letters = NOT_BASE64.sub(b"", body).rstrip(b"=")
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return body


def decode_uu(lines: bytes) -> bytes:
    """The lines after `begin` up to `end`; a broken line is skipped."""
    out = bytearray()
    for line in lines.splitlines():
        if line.strip() == b"end":
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out += binascii.a2b_uu(line[:length])
            except binascii.Error:
                continue
    return bytes(out)
