"""Notices about delivery that are no RFC 3464 report: qmail, old Exim and Gmail, gateways.

Two things must come together: who wrote it (a mail system, or nobody) and what it says (that
something was not delivered). Then the recipients are the addresses above the returned mail.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from servicedesk.channels.email.addresses import first_address, parse_addresses
from servicedesk.channels.email.headers import decode_words
from servicedesk.channels.email.mime import Part

SYSTEM_SENDER = re.compile(
    r"^(?:mailer[-_.]?daemon|postmaster|mail[-_.]?daemon|mail\.delivery\.(?:sub)?system|"
    r"mailerdaemon|double-?bounce|maildelivery\w*|mmdf)(?:@|$)|"
    r"^(?:mail delivery (?:sub)?system|mailer.?daemon|postmaster)",
    re.IGNORECASE,
)
# One of them is in every name above, unless the name is encoded: looked for first, being cheap.
SYSTEM_WORD = re.compile(rb"daemon|postmaster|deliver|bounce|mmdf|=\?", re.IGNORECASE)
FAILURE_SUBJECT = re.compile(
    r"undeliver|not delivered|non[- ]?deliver|failure notice|fail(?:ed|ure)[ -]deliver|"
    r"deliver\w{0,12}[ -]{1,3}(?:status|fail|error|problem|report|has failed|delay)|"
    r"returned (?:mail|to sender)|"
    r"(?:mail|message|e-?mail)[ -]{1,3}(?:\w{1,30}[ -]{1,3})?"
    r"(?:error|fail|returned|rejected|delayed|undeliver)|"
    r"mail system error|could(?:n't| not) be delivered|error sending|unable to deliver|"
    r"unzustellbar|nicht zugestellt|zustell\w{0,20}fehler|non remis|échec|"
    r"no se (?:ha )?(?:pudo )?entreg|"
    r"onbestelbaar|не доставлен|недоставлен|未送达|无法送达|退信|投递失败|"
    r"配信(?:できません|不能|エラー)|"
    r"送信エラー|are not member|^warning: (?:message|could not send)|delivery notification",
    re.IGNORECASE,
)
FAILURE_TEXT = re.compile(
    r"(?:could not|couldn't|cannot|can't|unable to|wasn't able to|not|failed to) (?:be )?"
    r"(?:deliver|send|reach)|deliver\w{0,12} (?:to .{0,80})?(?:has |have )?(?:failed|been delayed)|"
    r"permanent (?:error|failure)|following address(?:es)?|undeliverable|returned message|"
    r"did not (?:reach|like)|delivery (?:error|failure)|failed recipient|rejected|"
    r"user unknown|unknown user|mailbox (?:is )?full|exceeded|disabled|invalid recipient|"
    r"\b5\d\d[ -]|"
    r"配信|送信でき|退信|не может быть доставлено",
    re.IGNORECASE,
)
# What begins the returned mail; all that stands above is the notice.
RETURNED = re.compile(
    r"^(?:[-=*_> ]*(?:this is a copy of (?:the|your) message|below this line|"
    r"(?:the )?(?:original|returned|undelivered|unsent) (?:message|mail)(?: headers?)?"
    r"(?: follows?)?|message headers? follow|included is a copy|"
    r"the (?:header|body|text) of (?:the|your) (?:original )?message|"
    r"copy of (?:the )?(?:message|mail)|"
    r"message header|headers? (?:of|follow)|unsent message (?:follows|below)|a copy of)[^\n]{0,80}"
    r"|(?:received|return-path|mime-version|dkim-signature|x-[a-z-]+): ?[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
# It begins where a word does: asked at each letter of a long word, it would take its square.
ADDRESS = re.compile(
    r"(?<![^\s<>()\[\]\\,;:\"'=|/*])[^\s<>()\[\]\\,;:\"'=|/*]+@[A-Za-z0-9_.-]*[A-Za-z0-9_]"
)
REPLY_CODE = re.compile(r"[45]\d\d")
WORD = re.compile(r"[^\W\d_]{4}")
SPACE = re.compile(r"\s")
NOT_RECIPIENT = re.compile(
    r"contact|support|assistance|from:|sender|abuse@|help|^\s*(?:to|cc|subject):", re.IGNORECASE
)
LOOKED_AT = 20_000
SUBJECT_LOOKED_AT = 1_000
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Failure:
    """A recipient and what was said about it, not yet judged."""

    recipient: str
    diagnostic: str
    status: str = ""
    delayed: bool = False


def find_failures(root: Part, text: str) -> list[Failure]:
    """The failures that the text of a notice names; empty if the mail is no notice.

    A notice that names nobody has one failure whose recipient comes from the returned mail, or "".
    """
    if root.header("x-amz-sns-message-id"):
        return list(_from_amazon(text))
    subject = decode_words(root.header("subject"))[:SUBJECT_LOOKED_AT]
    named = [address.value for address in parse_addresses(root.header("x-failed-recipients"))]
    if not named and not _is_notice(root, subject, text):
        return []
    notice = _notice_part(text)
    delayed = re.search(r"\bdelay|warning", subject, re.IGNORECASE) is not None
    own = {address.value for address in parse_addresses(root.header("to"))}
    everyone = named or _recipients(notice, own) or _returned_to(root, text) or [""]
    recipients = everyone[:MOST_NAMED]
    lower = notice.lower()
    starts = {one: _line_of(one, lower) for one in recipients if one and one in lower}
    return [
        Failure(recipient, f"{_about(recipient, notice, starts)}\n{subject}", delayed=delayed)
        for recipient in recipients
    ]


def _is_notice(root: Part, subject: str, text: str) -> bool:
    """By subject if a system or nobody sent it; by its text only if a system did.

    Vacation responders write with an empty sender, too (RFC 3834 §3.3), and "cannot be reached".
    """
    return_path = root.header("return-path").strip().upper()
    is_nobody = return_path.startswith((b"<>", b"<MAILER-DAEMON", b"MAILER-D"))
    is_system = is_from_a_system(root)
    if FAILURE_SUBJECT.search(subject):
        return is_system or is_nobody or bool(root.header("x-mlserver"))
    if root.header("auto-submitted").lower().startswith(b"auto-replied"):
        return False  # it says of itself what it is, and its subject names no failure
    return (
        is_system and (is_nobody or not return_path) and bool(FAILURE_TEXT.search(text[:LOOKED_AT]))
    )


def is_from_a_system(root: Part) -> bool:
    written = root.header("from")
    if not SYSTEM_WORD.search(written):
        return False
    author = first_address(written)
    if author is None:
        return SYSTEM_SENDER.match(decode_words(written).strip("<> ")) is not None
    return any(SYSTEM_SENDER.match(written) for written in (author.value, author.name))


def _notice_part(text: str) -> str:
    head = text[:LOOKED_AT]
    returned = RETURNED.search(head)
    return head[: returned.start()] if returned and head[: returned.start()].strip() else head


def _recipients(notice: str, own: set[str]) -> list[str]:
    found: dict[str, None] = {}
    for line in notice.split("\n"):
        if "@" not in line:
            continue
        if NOT_RECIPIENT.search(line) and not line.lstrip().startswith("<"):
            continue
        for address in ADDRESS.findall(line):
            lower = address.lower().strip(".")
            if lower not in own and not SYSTEM_SENDER.match(lower):
                found[lower] = None
    return list(found)


def _returned_to(root: Part, text: str) -> list[str]:
    for part in root.walk():
        if part is not root and part.header("to"):
            return [address.value for address in parse_addresses(part.header("to"))]
    named = re.search(r"(?im)^(?:to|rcpt to): *<?([^\s<>]+@[^\s<>]+)", text[:LOOKED_AT])
    return [named[1].lower()] if named else []


def _about(recipient: str, notice: str, starts: Mapping[str, int]) -> str:
    """The words from the recipient's line on to the line of the next one, or the whole notice."""
    start = starts.get(recipient)
    if start is None:
        return notice
    later = (other for one, other in starts.items() if one != recipient and other > start)
    end = min(later, default=len(notice))
    words = notice[start:end].lower().replace(recipient, " ")
    return notice[start:end] if _has_words(words) else notice


def _has_words(text: str) -> bool:
    """A code, or two words of four letters with white space somewhere between them."""
    if REPLY_CODE.search(text):
        return True
    first = WORD.search(text)
    if first is None:
        return False
    space = SPACE.search(text, first.end())
    return space is not None and WORD.search(text, space.end()) is not None


def _line_of(recipient: str, lower: str) -> int:
    """Where the line begins that speaks of a recipient; not the To: of a returned mail."""
    at = -1
    for _ in range(MOST_NAMED):
        at = lower.find(recipient, at + 1)
        if at < 0:
            break
        start = lower.rfind("\n", 0, at) + 1
        if not lower[start:at].strip().startswith("to:"):
            return start
    return max(0, lower.find(recipient))


def _from_amazon(text: str) -> Iterator[Failure]:
    """Amazon SES tells of bounces as JSON through SNS."""
    try:
        unbroken = text.replace("!\n ", "")  # an old relay cut the line
        notice = json.loads(unbroken[: unbroken.rindex("}") + 1])
        if "Message" in notice:  # the whole SNS envelope
            notice = json.loads(notice["Message"])
        for one in notice["bounce"]["bouncedRecipients"][:MOST_NAMED]:
            diagnostic = str(one.get("diagnosticCode", ""))
            yield Failure(str(one["emailAddress"]), diagnostic, str(one.get("status", "")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
