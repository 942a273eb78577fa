"""Bytes → text, whatever the mail says about its charset.

Labels mean what browsers take them for (WHATWG Encoding Standard): "iso-8859-1" is windows-1252,
"gb2312" is gb18030. A label that cannot be right is corrected, and said so in a defect.
"""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from servicedesk.channels.email.charset_guess import guess_charset
from servicedesk.domain.storable import storable

# label (lower case, only letters and digits) → Python codec
LABELS: dict[str, str] = {
    "ascii": "cp1252", "usascii": "cp1252", "ansix341968": "cp1252", "646": "cp1252",
    "iso88591": "cp1252", "latin1": "cp1252", "l1": "cp1252", "cp1252": "cp1252",
    "windows1252": "cp1252", "iso88599": "cp1254", "latin5": "cp1254",
    "iso885911": "cp874", "tis620": "cp874", "windows874": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030",
    "xgbk": "gb18030", "csgb2312": "gb18030", "euccn": "gb18030", "chinese": "gb18030",
    "windows936": "gb18030", "gb231280": "gb18030", "hzgb2312": "hz", "hz": "hz",
    "big5": "big5hkscs", "big5hkscs": "big5hkscs", "cnbig5": "big5hkscs", "xxbig5": "big5hkscs",
    "cp950": "cp950", "windows950": "cp950",
    "ksc56011987": "cp949", "ksc5601": "cp949", "euckr": "cp949", "korean": "cp949",
    "windows949": "cp949", "uhc": "cp949", "cp949": "cp949", "ksc56011989": "cp949",
    "iso2022kr": "iso2022_kr",
    "shiftjis": "cp932", "xsjis": "cp932", "sjis": "cp932", "mskanji": "cp932",
    "windows31j": "cp932", "cp932": "cp932", "cswindows31j": "cp932",
    "eucjp": "euc_jp", "xeucjp": "euc_jp", "iso2022jp": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext", "iso2022jpms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext", "utf8": "utf-8", "unicode11utf8": "utf-8", "utf7": "utf-7",
    "unicode11utf7": "utf-7", "xmaccyrillic": "mac_cyrillic", "macintosh": "mac_roman",
    "xmacroman": "mac_roman", "koi8": "koi8_r", "xcp1251": "cp1251", "win1251": "cp1251",
    "xuserdefined": "cp1252", "iso88598i": "iso8859_8", "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6", "iso88596e": "iso8859_6", "visual": "iso8859_8",
    "logical": "iso8859_8", "utf16": "utf-16",
}  # fmt: skip

# Python has these codecs, but no mail means them.
NOT_FOR_MAIL = frozenset({
    "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem",
})  # fmt: skip
# Seven-bit encodings in which plain ASCII bytes do not mean themselves.
SHIFTING = frozenset({
    "utf-7", "hz", "iso2022_kr", "iso2022_jp_ext", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2",
    "iso2022_jp_3", "iso2022_jp_2004",
})  # fmt: skip
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What is often written on text that is UTF-8 in truth.
OFTEN_WRONG = frozenset({"", "cp1252", "cp1254", "iso8859_15", "iso8859_2", "cp1251"})
ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B(]|\([IJ])")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`defect` is empty when the label was right (or none was needed)."""

    text: str
    defect: str = ""


@lru_cache(maxsize=512)
def codec_for(label: str) -> str:
    """The Python codec that a charset label means, "" if it means none."""
    key = re.sub(r"[^a-z0-9]", "", label.lower())
    if key in LABELS:
        return LABELS[key]
    try:
        found = codecs.lookup(label.strip().lower())
    except (LookupError, ValueError):
        return ""
    name = found.name if found.name == "utf-8" else found.name.replace("-", "_")
    if not getattr(found, "_is_text_encoding", True) or name in NOT_FOR_MAIL:
        return ""
    return name


def decode(data: bytes, label: str = "") -> Decoded:
    """Decode with the label if it can be right, else with what the bytes look like. Never fails.

    The text is one that databases hold: UTF-7 can spell half of a surrogate pair.
    """
    decoded = _decode(data, label)
    return Decoded(storable(decoded.text), decoded.defect)


def _decode(data: bytes, label: str) -> Decoded:
    for mark, codec in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(codec, "replace"))
    codec = codec_for(label)
    if data.isascii() and codec not in SHIFTING and not codec.startswith(("utf_16", "utf_32")):
        return _decode_ascii(data)
    if codec in OFTEN_WRONG and (text := _try(data, ("utf-8",))) is not None:
        return Decoded(text, "" if not label else "charset-wrong")
    if codec and (text := _try(data, (codec,))) is not None:
        return Decoded(text)
    return _decode_guessed(data, codec)


def _decode_ascii(data: bytes) -> Decoded:
    if b"\x1b" in data and ISO_2022_JP.search(data):
        text = _try(data, ("iso2022_jp_ext",))
        if text is not None:
            return Decoded(text, "charset-guessed")
    return Decoded(data.decode("ascii"))


def _decode_guessed(data: bytes, codec: str) -> Decoded:
    if (text := _try(data, ("utf-8",))) is not None:
        return Decoded(text, "charset-wrong" if codec else "charset-guessed")
    if codec and codec not in OFTEN_WRONG:
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 50 <= len(text):  # a torn character, not another charset
            return Decoded(text, "charset-damaged")
    if _torn_utf8(data):
        return Decoded(data.decode("utf-8", "replace"), "charset-damaged")
    return Decoded(_try(data, (guess_charset(data), "cp1252", "latin-1")) or "", "charset-guessed")


def _torn_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    beyond_ascii = sum(character > "\x7f" for character in text[:20_000])
    return text[:20_000].count("\ufffd") * 10 <= beyond_ascii


def _try(data: bytes, codec_names: Iterable[str]) -> str | None:
    for name in codec_names:
        try:
            return data.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return None
