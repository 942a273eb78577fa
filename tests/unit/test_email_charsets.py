"""Bytes and labels that do not fit each other, and those that do."""

import pytest

from servicedesk.channels.email.charsets import codec_for, decode

CHINESE = "您好，我的订单还没有收到，请帮我查询一下物流信息，谢谢。"
TAIWANESE = "您好，我的訂單還沒有收到，請幫我查詢一下物流資訊，謝謝。"
JAPANESE = "注文した商品がまだ届きません。配送状況を教えてください。"
KOREAN = "안녕하세요, 주문한 상품이 아직 도착하지 않았습니다. 확인해 주세요."
RUSSIAN = "Здравствуйте, мой заказ ещё не пришёл, проверьте, пожалуйста."
GERMAN = "Schöne Grüße, die Tür schließt nicht über Nacht."


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (CHINESE, "gb18030", "gb2312"),
        (CHINESE, "hz", "hz-gb-2312"),
        (TAIWANESE, "big5", "big5"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        (JAPANESE, "cp932", "Shift_JIS"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (KOREAN, "cp949", "ks_c_5601-1987"),
        (KOREAN, "iso2022_kr", "iso-2022-kr"),
        (GERMAN, "latin-1", "iso-8859-1"),
        ("“quoted”", "cp1252", "iso-8859-1"),
        (GERMAN, "utf-7", "utf-7"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (GERMAN, "utf-16-le", "utf-16le"),
    ],
)
def test_right_label_is_believed(text: str, codec: str, label: str) -> None:
    decoded = decode(text.encode(codec), label)
    assert (decoded.text, decoded.defect) == (text, "")


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (GERMAN, "utf-8", "us-ascii"),
        (GERMAN, "utf-8", "iso-8859-1"),
        (GERMAN, "latin-1", "utf-8"),
        (CHINESE, "gb18030", "utf-8"),
        (CHINESE, "gb18030", ""),
        (TAIWANESE, "big5", ""),
        (JAPANESE, "cp932", "us-ascii"),
        (JAPANESE, "euc_jp", "utf-8"),
        (JAPANESE, "iso2022_jp", ""),
        (KOREAN, "cp949", "utf-8"),
        (RUSSIAN, "koi8-r", ""),
        (RUSSIAN, "cp1251", "utf-8"),
        (RUSSIAN, "utf-8", "no-such-charset"),
    ],
)
def test_wrong_or_missing_label_is_corrected_and_named(text: str, codec: str, label: str) -> None:
    decoded = decode(text.encode(codec), label)
    assert decoded.text == text
    assert decoded.defect or (label == "" and codec == "utf-8")


def test_torn_utf8_keeps_all_that_is_whole() -> None:
    decoded = decode(CHINESE.encode()[:-1], "utf-8")
    assert decoded.text.startswith(CHINESE[:-1])
    assert decoded.defect == "charset-damaged"


@pytest.mark.parametrize("label", ["base64", "zip", "rot13", "unicode_escape", "idna", "undefined"])
def test_codec_that_is_no_charset_is_not_used(label: str) -> None:
    assert codec_for(label) == ""
