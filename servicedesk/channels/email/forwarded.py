"""Who wrote a mail that somebody else only passed on?

Told by a message that is attached, or by the head that programs put above a mail they forward
inline. A reply has the same head in some programs, so that one counts only under a forward's
subject or mark.
"""

import re

from servicedesk.channels.email.addresses import first_address
from servicedesk.channels.email.mime import Part
from servicedesk.channels.email.quote_marks import is_header_line
from servicedesk.domain.messages import Address

FORWARD_SUBJECT = re.compile(
    r"^\s*(?:fwd?|fw|wg|tr|rv|i|enc|doorst|vs|vb|vl|pd|továbbítás|ilt|пересл|转发|轉寄|転送|전달|fs)"
    r"\s*(?:\[\d+\]\s*)?[:：]",
    re.IGNORECASE,
)
FORWARD_MARK = re.compile(
    r"^[\s>*_-]*(?:begin forwarded message|forwarded message|original message follows|"
    r"(?:anfang der )?weitergeleitete[nr]? (?:nachricht|e-mail|mail)|"
    r"(?:début du )?message (?:transféré|réexpédié)|(?:inicio del )?mensaje reenviado|"
    r"(?:inizio )?messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht|"
    r"vidarebefordrat meddelande|videresendt (?:melding|meddelelse)|välitetty viesti|"
    r"przekazana wiadomość|wiadomość przekazana|přeposlaná zpráva|továbbított üzenet|"
    r"пересылаемое сообщение|переадресованное сообщение|iletilen ileti|转发的?邮件|轉寄的?郵件|"
    r"転送(?:された)?メッセージ|전달된 메시지|thư được chuyển tiếp)\s*[:：]?[\s*_-]*$",
    re.IGNORECASE,
)
FROM_LINE = re.compile(
    r"^[\s>*]*(?:from|von|de|da|van|från|fra|lähettäjä|od|feladó|от|від|发件人|寄件者|寄件人|差出人|"
    r"送信者|보낸\s?사람|kimden|expéditeur|remitente|mittente|gönderen|từ|người gửi)\s*\*?\s*[:：]"
    r"\*?\s*(.{3,300})$",
    re.IGNORECASE,
)
# Gmail and others write a mailto link behind the address.
MAILTO = re.compile(r"[\[<(]\s*mailto:([^\]>)\s]+)\s*[\]>)]", re.IGNORECASE)
LINES_OF_HEAD = 12
LONGEST_LINE = 400
LOOKED_AT = 100_000


def find_original_author(root: Part, text: str, subject: str) -> Address | None:
    """The author of the mail inside, None where nothing says that there is one."""
    attached = _attached_author(root)
    if attached is not None:
        return attached
    lines = text[:LOOKED_AT].split("\n")
    starts = [place for place, line in enumerate(lines) if _is_mark(line)]
    if not starts and not FORWARD_SUBJECT.match(subject):
        return None
    return _author_below(lines, starts[0] if starts else 0, has_mark=bool(starts))


def _attached_author(part: Part) -> Address | None:
    if part.content_type == "multipart/report":
        return None
    if part.is_message and part.children:
        return first_address(part.children[0].header("from"))
    for child in part.children if part.is_multipart else ():
        found = _attached_author(child)
        if found is not None:
            return found
    return None


def _is_mark(line: str) -> bool:
    return len(line) <= LONGEST_LINE and FORWARD_MARK.match(line) is not None


def _author_below(lines: list[str], start: int, *, has_mark: bool) -> Address | None:
    """The From of the first head below; after a mark it must follow at once."""
    last = start + LINES_OF_HEAD if has_mark else len(lines)
    for place in range(start, min(last, len(lines))):
        found = FROM_LINE.match(lines[place][:LONGEST_LINE])
        if found is None:
            continue
        following = [line for line in lines[place + 1 : place + 5] if line.strip()][:2]
        if not any(is_header_line(line) for line in following):
            continue
        return _address_in(found[1])
    return None


def _address_in(written: str) -> Address | None:
    linked = MAILTO.search(written)
    if linked is not None and "@" not in written[: linked.start()]:
        written = f"{written[: linked.start()]} <{linked[1]}>"
    elif linked is not None:
        written = written[: linked.start()]
    found = first_address(written.strip().replace("*", "").encode("utf-8", "replace"))
    return found if found is not None and "@" in found.value else None
