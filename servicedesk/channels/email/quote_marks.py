"""The marks that mail programs put above what they quote, in the languages they speak."""

import re

# The verb that ends "On …, … wrote:"; some languages put it before the name.
WROTE = (
    "wrote", "writes", "schrieb", "schrieb am", "a écrit", "a ecrit", "escribió", "escribio",
    "ha scritto", "scrive", "scritto", "escreveu", "schreef", "geschreven", "skrev", "kirjoitti",
    "napisał", "napisała", "napisał(a)", "napisal", "napsal", "napsala", "napísal", "írta", "scris",
    "написал", "написала", "написав", "пише", "писал", "пишет", "έγραψε", "yazdı", "şunu yazdı",
    "写道", "寫道", "写到", "のメッセージ", "書きました", "wrote the following", "viết", "đã viết",
    "님이 작성", "작성", "כתב", "כתבה", "كتب", "menulis", "tulis", "เขียน", "skreiv", "rašė",
    "rakstīja", "kirjutas", "je napisao", "piše", "написа",
)  # fmt: skip
_WROTE = "|".join(re.escape(word) for word in sorted(WROTE, key=len, reverse=True))
AFTER_WROTE = re.compile(r"(?:[^\n]{0,120}[:：])?\s*$")
HAS_DATE_OR_ADDRESS = re.compile(
    r"\d{1,4}[./年\- ]|\d{1,2}:\d\d|@|<[^>]+>|^On (?:mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE
)
DATE_AND_ADDRESS = re.compile(
    r"^(?=[^:]*\d{1,4}[./-]\d{1,2}[./-]\d{1,4})[^\n]{0,200}<\s*[^<>\s]+@[^<>\s]+\s*>\s*[:：]$"
)
DATE_THEN_ADDRESS = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b[^\n]{0,120}<\s*[^<>\s]+@[^<>\s]+\s*>$"
)
# A program that put its attribution behind the last word without a new line.
SHARED_LINE = re.compile(
    r"^([^>\n]*[^>\s-])((?:\s|-)+On \w{3}, \w{3,9} \d{1,2}, \d{4},? at [^\n]{4,200} wrote:)"
    r"(?=\n\s*>)",
    re.MULTILINE,
)
CLOSING = re.compile(
    r"^(?:(?:with )?(?:(?:best|kind|kindest|warm|warmest|many|my best) )*(?:regards|wishes)|"
    r"best|cheers|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|respectfully|"
    r"thanks (?:and|&) (?:best |kind )?regards|rgds|brgds|"
    r"(?:mit )?(?:freundliche[nr]?|beste[nr]?|viele|liebe|herzliche|schöne) gr(?:ü|ue)(?:ß|ss)e?n?|"
    r"mfg|lg|vg|"
    r"(?:bien )?cordialement|salutations|bien à vous|meilleures salutations|"
    r"saludos(?: cordiales)?|un saludo|atentamente|cordiali saluti|distinti saluti|saluti|"
    r"atenciosamente|com os melhores cumprimentos|met vriendelijke groet(?:en)?|"
    r"groeten|mvg|"
    r"(?:med )?vänliga hälsningar|mvh|med venlig hilsen|vennlig hilsen|ystävällisin terveisin|"
    r"z poważaniem|pozdrawiam|s pozdravem|üdvözlettel|с уважением|saygılarımla|"
    r"此致|祝好|顺祝商祺|"
    r"敬具|よろしくお願い(?:いた|致)?します。?)\s*[,.!，。！]*$",
    re.IGNORECASE,
)
ATTRIBUTION_START = re.compile(
    r"^\s*(?:on|am|le|el|il|em|op|den|på|dnia|w dniu|dne|dňa|в|за|στις|на|во|vào|pada|tarihinde|"
    r"el día|no dia|in data|a \d|o \d|\d{1,4}|在|于|於|från|från:|pe|ti|ma|ke|to|pe|la|su|"
    r"mon|tue|wed|thu|fri|sat|sun|quoting|[\"'<]?[\w.\-]+@|[^\s,]+\s+[^\n]{0,80}(?:wrote|schrieb|<))",
    re.IGNORECASE,
)
ATTRIBUTION_IN_DASHES = re.compile(
    rf"^-{{2,}}\s*[^\n]{{3,200}}?(?:{_WROTE})\s*-{{2,}}", re.IGNORECASE
)
SEPARATOR = re.compile(
    r"^(?:[-_*=]{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|"
    r"urspr\.? nachricht|originalnachricht|message d'origine|message original|mensaje original|"
    r"messaggio originale|mensagem original|oorspronkelijk bericht|ursprungligt meddelande|"
    r"oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|"
    r"oryginalna wiadomość|původní zpráva|pôvodná správa|eredeti üzenet|исходное сообщение|"
    r"оригинальное сообщение|пересылаемое сообщение|原始邮件|原始郵件|original|reply message|"
    r"forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|転送|"
    r"元のメッセージ|オリジナルメッセージ|원본 메일|원본 메시지|thông điệp gốc|özgün ileti|"
    r"orijinal mesaj|begin forwarded message|回复的原邮件|转发邮件信息)"
    r"\s*[-_*=]{0,}\s*|_{20,}|-{30,}|={30,})$",
    re.IGNORECASE,
)
HEADER_WORDS = (
    "from", "sent", "to", "cc", "subject", "date", "reply-to", "von", "gesendet", "an", "betreff",
    "datum", "kopie", "de", "envoyé", "à", "objet", "date", "enviado", "enviado el", "para",
    "asunto", "fecha", "da", "inviato", "a", "oggetto", "data", "assunto", "enviada em", "van",
    "verzonden", "aan", "onderwerp", "från", "skickat", "till", "ämne", "fra", "sendt", "til",
    "emne", "lähettäjä", "lähetetty", "vastaanottaja", "aihe", "od", "wysłano", "wysłane", "do",
    "temat", "odesláno", "komu", "předmět", "odoslané", "predmet", "feladó", "elküldve", "címzett",
    "tárgy", "от", "отправлено", "кому", "тема", "дата", "копия", "від", "发件人", "发送时间",
    "收件人", "主题", "抄送", "日期", "寄件者", "寄件日期", "收件者", "主旨", "差出人", "送信日時",
    "宛先", "件名", "日時", "보낸 사람", "보낸 날짜", "받는 사람", "제목", "날짜", "kimden",
    "gönderilme", "kime", "konu", "tarih", "gönderildi", "expéditeur", "destinataire", "gửi", "đến",
    "chủ đề",
)  # fmt: skip
HEADER_LINE = re.compile(
    r"^[\s*>]*(?:"
    + "|".join(re.escape(w) for w in sorted(set(HEADER_WORDS), key=len, reverse=True))
    + r")\s*\*?\s*[:：]\*?\s*\S*",
    re.IGNORECASE,
)
LATER_HEADER = re.compile(
    r"\s(?:sent|date|gesendet|datum|envoyé|enviado|fecha|inviato|data|verzonden|发送时间|日期|送信日時)"
    r"\s?[:：]",
    re.IGNORECASE,
)
SIGNATURE_MARK = re.compile(r"^\s{0,2}(?:--|—|––|-- \s*)\s*$")
DEVICE_SIGNATURE = re.compile(
    r"^(?:sent (?:from|via|with|using) (?:my |the |mobile|your |outlook|yahoo|mail|gmail|samsung|"
    r"an? |proton|spark|airmail|mailbird|blackberry|iphone|ipad)|von meinem .{2,40} gesendet|"
    r"gesendet (?:von|mit) |envoyé (?:de|depuis|à partir) |enviado (?:desde|do|de) |inviato da |"
    r"verstuurd vanaf |verzonden (?:vanaf|met) |skickat från |sendt fra |lähetetty |wysłane z |"
    r"odesláno z |отправлено (?:с|из) |发自我的|發自我的|从我的.{1,20}发送|發送自|"
    r"iPhone(?:から|で)送信|get outlook for|나의 .{1,20}에서 보냄|.{1,20}에서 보냄$|"
    r"iPhone'?umdan gönderildi|holen sie sich outlook|obtenez outlook|télécharger outlook)",
    re.IGNORECASE,
)
LONGEST_MARK = 400
RULE_SIGNS = ("-", "_", "*", "=")


def may_name_writing(text: str) -> bool:
    """Is a verb of writing anywhere in it? Ten times as fast as the pattern."""
    lower = text.lower()
    return any(word in lower for word in WROTE)


def starts_attribution(line: str) -> bool:
    """May this line begin an "On …, … wrote:"? Cheap, to be asked of every line."""
    return len(line) <= LONGEST_MARK and ATTRIBUTION_START.match(line) is not None


def is_attribution(joined: str) -> bool:
    """Is this, taken together, an attribution: a verb of writing, and a date or an address?

    Also a date and an address without a verb, if it ends in a colon.
    """
    if len(joined) > LONGEST_MARK:
        return False
    if DATE_AND_ADDRESS.match(joined):
        return True
    if HAS_DATE_OR_ADDRESS.search(joined) is None:
        return False
    lower = joined.lower()
    return any(_ends_after(lower, word) for word in WROTE if word in lower)


def introduces_quote(line: str) -> bool:
    """Does a line right above a quote say whose it is? In any language: by its form alone.

    "Someone <a@b>:", "2026/3/2 Someone <a@b>", "Someone wrote:".
    """
    stripped = line.strip()
    if len(stripped) > LONGEST_MARK // 2:
        return False
    if stripped.endswith((":", "：")):
        return "@" in stripped or (len(stripped) < 60 and may_name_writing(stripped))
    return DATE_THEN_ADDRESS.match(stripped) is not None


def _ends_after(lower: str, word: str) -> bool:
    """Is one of the places of a verb the end of the attribution?"""
    at = lower.find(word)
    while at >= 0:
        if AFTER_WROTE.match(lower, at + len(word)):
            return True
        at = lower.find(word, at + 1)
    return False


def says_who_and_when(headers: list[str]) -> bool:
    """Do two header lines alone look like the head of a mail: an address, and a date?"""
    joined = " ".join(headers)
    return "@" in joined and re.search(r"\b(?:19|20)\d\d\b|\d:\d\d", joined) is not None


def names_two_headers(line: str) -> bool:
    """A From: and a Sent: on one line, as a page gives them that had no line between."""
    found = HEADER_LINE.match(line[:LONGEST_MARK])
    return found is not None and LATER_HEADER.search(line[:LONGEST_MARK], found.end()) is not None


def is_closing(line: str) -> bool:
    """Is it "Kind regards," or the like, alone on its line?"""
    return len(line) <= 60 and CLOSING.match(line.strip()) is not None


def is_separator(line: str) -> bool:
    if line[:1] not in RULE_SIGNS or len(line) > LONGEST_MARK:
        return False
    if SEPARATOR.match(line):
        return True
    return may_name_writing(line) and ATTRIBUTION_IN_DASHES.match(line) is not None


def is_rule(line: str) -> bool:
    """A drawn line, of dashes or the like."""
    stripped = line.strip()
    return len(stripped) >= 2 and not stripped.strip("-_*=—")


def is_header_line(line: str) -> bool:
    if ":" not in line and "：" not in line:
        return False
    return HEADER_LINE.match(line[:LONGEST_MARK]) is not None


def is_signature_mark(line: str) -> bool:
    return SIGNATURE_MARK.match(line) is not None


def is_device_signature(line: str) -> bool:
    return len(line) <= 120 and DEVICE_SIGNATURE.match(line) is not None
