"""The language of what a person wrote."""

import pytest

from servicedesk.channels.email.language import detect_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Hello, where is my order? I paid for it on Monday."),
        ("de", "Hallo, wo bleibt meine Bestellung? Ich habe am Montag bezahlt."),
        ("fr", "Bonjour, où est ma commande ? J’ai payé lundi et je n'ai rien reçu."),
        ("es", "Hola, ¿dónde está mi pedido? Lo pagué el lunes."),
        ("it", "Buongiorno, dov'è il mio ordine? Ho pagato lunedì."),
        ("pt", "Olá, onde está o meu pedido? Paguei na segunda-feira."),
        ("nl", "Hallo, waar blijft mijn bestelling? Ik heb maandag betaald."),
        ("sv", "Hej, var är min beställning? Jag betalade i måndags."),
        ("fi", "Hei, missä minun tilaus on? Olen maksanut jo, mutta se ei ole tullut."),
        ("pl", "Dzień dobry, gdzie jest moje zamówienie? Proszę o odpowiedź."),
        ("tr", "Merhaba, siparişim nerede? Lütfen bana ne zaman geleceğini söyleyin, teşekkürler."),
        ("ru", "Здравствуйте, где мой заказ? Я оплатил в понедельник."),
        ("uk", "Добрий день, де моє замовлення?"),
        ("el", "Καλημέρα, πού είναι η παραγγελία μου;"),
        ("ar", "مرحبا، أين طلبي؟"),
        ("he", "שלום, איפה ההזמנה שלי?"),
        ("zh", "你好，我的订单在哪里？"),
        ("zh", "您好，iPhone 16 Pro 的屏幕坏了，怎么办？"),
        ("ja", "こんにちは、注文はどこですか？"),
        ("ja", "注文番号12345の商品が届きません"),
        ("ko", "안녕하세요, 제 주문은 어디에 있나요?"),
        ("en", "Please help me with the order of 李雷, it is not here."),
        ("", "ok"),
        ("", ""),
        ("", "Fwd: Invoice 2026-03"),
        ("", "the@der.und https://is.are/was/were?the=and"),
        ("", "Müller GmbH, Köln"),
    ],
)
def test_language_is_known_or_not_told(language: str, text: str) -> None:
    assert detect_language(text) == language


def test_only_the_beginning_is_looked_at() -> None:
    assert detect_language("Where is the order that I paid for? " * 20 + "und " * 10_000) == "en"
