"""Why a mail did not arrive, from the words and codes of servers (RFC 3463, and what they write).

Hard means that the address itself is dead: no such user, no such domain, moved, takes no mail. All
else (full, blocked, refused, expired) may pass or concerns the mail, and the address stays good.
"""

import re
from enum import StrEnum


class BounceReason(StrEnum):
    USER_UNKNOWN = "user-unknown"
    HOST_UNKNOWN = "host-unknown"
    HAS_MOVED = "has-moved"
    NOT_ACCEPT = "not-accept"
    MAILBOX_FULL = "mailbox-full"
    SUSPENDED = "suspend"
    FILTERED = "filtered"
    MESSAGE_TOO_BIG = "mesg-too-big"
    EXCEEDS_LIMIT = "exceed-limit"
    SPAM = "spam-detected"
    VIRUS = "virus-detected"
    BLOCKED = "blocked"
    BAD_REPUTATION = "bad-reputation"
    AUTHENTICATION = "auth-failure"
    REVERSE_DNS = "require-ptr"
    NOT_RFC = "not-compliant-rfc"
    POLICY = "policy-violation"
    SECURITY = "security-error"
    REJECTED = "rejected"
    NO_RELAYING = "no-relaying"
    RATE = "speeding"
    CONNECTIONS = "too-many-conn"
    CONTENT = "content-error"
    EXPIRED = "expired"
    NETWORK = "network-error"
    MAILER = "mailer-error"
    SYSTEM = "system-error"
    SYSTEM_FULL = "system-full"
    SYNTAX = "syntax-error"
    ON_HOLD = "on-hold"
    UNDEFINED = "undefined"


HARD = frozenset({
    BounceReason.USER_UNKNOWN,
    BounceReason.HOST_UNKNOWN,
    BounceReason.HAS_MOVED,
    BounceReason.NOT_ACCEPT,
})  # fmt: skip
TEMPORARY = frozenset({BounceReason.RATE, BounceReason.CONNECTIONS})


def _words(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


# The first that fits is the reason: what concerns the mail or the sender comes before what
# concerns the recipient, because refusals often say "recipient rejected" as well.
WORDS: tuple[tuple[BounceReason, re.Pattern[str]], ...] = (
    (BounceReason.HAS_MOVED, _words(
        r"has (?:been )?(?:replaced by|moved to|changed to)", r"address (?:has )?changed",
        r"no longer (?:with|works at) .{0,40}(?:please|contact|new)",
    )),
    (BounceReason.NOT_ACCEPT, _words(
        r"null ?mx", r"does not accept (?:any )?(?:e-?)?mail", r"mail receiving disabled",
        r"domain .{0,60}(?:does not|doesn't) (?:accept|receive) (?:e-?)?mail",
        r"smtp protocol returned a permanent error", r"host/domain does not accept mail",
        r"no mail accepted", r"no mx (?:found|record)", r"name server .{0,20}has no mx",
    )),
    (BounceReason.REJECTED, _words(
        r"sender (?:\S+ )?(?:address )?(?:rejected|denied|refused|blocked)", r"domain of sender",
        r"unrout(?:e)?able sender", r"\[mail_from\]", r"sender (?:address )?verif", r"invalid sender",
    )),
    (BounceReason.VIRUS, _words(r"\bvirus", r"malware", r"infected", r"\bworm\b")),
    (BounceReason.SPAM, _words(
        r"spam[- ]?(?:like|message|content|score|detected|filter|mail)", r"looks like spam",
        r"(?:is|as|was|be|classified|considered|identified|likely) (?:unsolicited|spam)\b",
        r"unsolicited (?:mail|e-?mail|message|bulk)", r"junk mail", r"spamassassin",
        r"reject(?:ed|ing)?(?: for| due to| because of|:)? spam", r"blocked .{0,20}spam",
    )),
    (BounceReason.AUTHENTICATION, _words(
        r"\bdmarc\b", r"\bspf\b", r"sender policy framework",
        r"\bdkim\b .{0,40}(?:fail|check|not|sign)", r"authentication checks? (?:have )?failed",
        r"multiple authentication", r"unauthenticated (?:mail|email)", r"5\.7\.(?:2[0-9]|3[01])\b",
    )),
    (BounceReason.REVERSE_DNS, _words(
        r"\brdns\b", r"reverse (?:dns|hostname|lookup|ip)", r"\bptr\b", r"unresolvable relay",
        r"cannot (?:find your|resolve your) (?:hostname|reverse|address)",
        r"no (?:matches to )?(?:nameserver|rdns)", r"fcrdns", r"client host rejected: cannot find",
    )),
    (BounceReason.BAD_REPUTATION, _words(r"reputation", r"poor score", r"low score")),
    (BounceReason.RATE, _words(
        r"too (?:fast|many (?:messages|mails|emails|recipients)|much mail)", r"rate[- ]limit",
        r"throttl", r"(?:message|sending|mail) rate", r"unusual rate", r"try again later.{0,20}rate",
        r"receiving mail .{0,40}(?:too quickly|rate)",
    )),
    (BounceReason.CONNECTIONS, _words(
        r"too many (?:\w+ ){0,3}(?:connections|sessions|concurrent)", r"max(?:imum)? .{0,20}connections",
    )),
    (BounceReason.BLOCKED, _words(
        r"black ?list", r"block ?list", r"\brbl\b", r"\bdnsbl\b", r"spamhaus", r"spamcop",
        r"(?:your )?(?:ip|host|network|client|server|domain|address)(?: address)?(?: \S+)? (?:is|has been|was)"
        r" (?:\w+ )?(?:blocked|banned|listed|refused|rejected)", r"blocked using", r"access denied\. ip",
        r"connection (?:refused|rejected|dropped) by .{0,40}policy", r"banned (?:sending )?ip",
        r"client host .{0,60}(?:blocked|rejected)", r"bad helo", r"helo command rejected",
        r"not allowed to connect", r"blocked by (?:\w+ )?(?:our|my|the) .{0,30}(?:list|filter|policy)",
    )),
    (BounceReason.MESSAGE_TOO_BIG, _words(
        r"(?:message|mail|e-?mail|size|body)(?: size)?(?: is| was)? (?:too (?:big|large|long)|exceed)",
        r"exceeds? .{0,40}(?:size|maximum message|message limit)", r"too (?:big|large) (?:message|for)",
        r"file too big", r"size limit", r"5\.3\.4\b",
    )),
    (BounceReason.MAILBOX_FULL, _words(
        r"(?:mail ?box|account|storage|inbox|user|mail ?folder|recipient)\S*(?: \S+){0,3} (?:is |was )?"
        r"(?:full|over ?quota|exceeded)", r"quota", r"over ?quota", r"out of (?:storage|mailbox|disk) ?space",
        r"insufficient (?:disk )?(?:space|storage|system storage)", r"not enough (?:\w+ )?(?:space|storage)",
        r"exceed\w* (?:\w+ ){0,4}(?:storage|mailbox|limit|space|local limit)", r"mailbox (?:would )?exceed",
        r"too many messages (?:in|on)", r"delivery failed: over", r"5\.2\.2\b", r"4\.2\.2\b",
    )),
    (BounceReason.SUSPENDED, _words(
        r"(?:account|mailbox|user|address|recipient|domain|mail box|user\(s\) account|login)"
        r"(?: \S+){0,5} (?:is |has been |was |are |been )?(?:temporarily )?"
        r"(?:suspended|disabled|inactive|locked|deactivated|blocked|frozen|restricted|dormant|expired"
        r"|invalid and inactive|not active|over-?due)", r"inactive (?:user|account|mailbox|recipient)",
        r"(?:disabled|inactive|suspended|locked|frozen) (?:user|account|mailbox|address|recipient)",
        r"no longer (?:on server|active|in use)", r"not active\b", r"user .{0,40}suspend", r"is (?:a )?(?:disabled|suspended)",
        r"dormant",
    )),
    (BounceReason.NO_RELAYING, _words(
        r"relay(?:ing)?(?: access| mail| not|\w* to)? ?(?:denied|prohibited|not permitted|not allowed|not possible)",
        r"(?:unable|not allowed|not permitted|cannot|not authorized|no) to? ?relay", r"relaying\b", r"we do not relay",
        r"not? (?:local|a gateway)", r"insecure mail relay", r"that domain isn't in my list of allowed rcpthosts",
        r"this is not an? (?:open )?relay",
    )),
    (BounceReason.NETWORK, _words(r"(?:name service error|host not found|dns) .{0,60}try again")),
    (BounceReason.HOST_UNKNOWN, _words(
        r"host (?:is )?(?:unknown|not found|name has no)", r"unknown host", r"no such (?:domain|host)",
        r"(?:domain|host)(?: name)?(?: \S+){0,3} (?:does not exist|doesn't exist|not found|is not found|is invalid|must exist|not exist)",
        r"(?:could|can) ?not be resolved", r"unrouteable (?:mail )?(?:domain|address)", r"unroutable",
        r"name or service not known", r"nxdomain", r"dns (?:lookup )?(?:error|failure|fail)\b.{0,60}(?:not found|domain|nx)",
        r"name service error .{0,60}not found", r"nonexistent domain", r"unknown (?:mail )?domain",
        r"couldn't find any host", r"no such host", r"mail domain mentioned in email address is unknown", r"5\.1\.2\b",
        r"ip address for .{0,60} not found", r"can't find .{0,60} host", r"no route for current request",
        r"illegal host/domain", r"bad destination (?:host|system|mailbox system)",
    )),
    (BounceReason.FILTERED, _words(
        r"because the recipient is (?:only )?(?:not )?accepting", r"only accepts? (?:mail|messages) from",
        r"user reject", r"this account is protected", r"sorry, i'?ve been told to reject",
        r"recipient (?:\S+ )?(?:refused|rejected) (?:to|your|the|this)", r"we failed to deliver mail because the following address recipient id refuse",
        r"refused to accept .{0,40}(?:mail|message)", r"has not been delivered.{0,20}filter",
        r"your (?:e-?mail|message) (?:has been|was) (?:blocked|filtered|rejected) by (?:the )?(?:recipient|user)",
    )),
    (BounceReason.USER_UNKNOWN, _words(
        r"(?:user|recipient|account|address|mailbox|mail box|email|name|alias|addressee|id|login|mail drop|local ?part|person|customer)\S*"
        r"(?: \S+){0,6}?,? (?:is |was |are |has |have |does |could )?(?:unknown|not (?:be )?(?:found|exist|known|recognized|recognised|listed|valid|available|a valid|our customer|here|on this|local)"
        r"|doesn't exist|don't exist|n't exist|isn't in|invalid|undeliverable|no longer valid|non-?existent|not have|rejected\b.{0,12}user)",
        r"(?:unknown|invalid|no such|nonexistent|non-existent|no valid|bad|unrecognized|illegal|incorrect|not a valid|not our) "
        r"(?:\w+ ){0,2}(?:user|recipient|mailbox|mail box|address|account|alias|local ?part|person|addressee|id|customer|name|login)",
        r"(?:does not|doesn't|did not|don't|not) (?:exist|have (?:a|an) .{0,40}account|like recipient)",
        r"no mailbox", r"no (?:such )?(?:user|account|mailbox|recipient|one here|person)", r"not (?:a )?(?:known|valid) (?:user|recipient|mailbox|address)",
        r"couldn't be found", r"recipnotfound", r"recipient not found", r"5\.1\.(?:1|3|0|10)\b", r"address (?:error|unknown)", r"(?:recipient )?address rejected[^:]*$",
        r"mailbox (?:unavailable|not available|not found)", r"there is no (?:user|account|such)", r"unknown_?user", r"name is not recognized",
        r"user unknown", r"unknown user", r"無効", r"存在しません", r"見つかりません", r"wurde nicht gefunden", r"unbekannt", r"no existe", r"не существует",
        r"inconnu", r"not listed in", r"x-notes; .{0,60}(?:not listed|no matching)", r"user not in", r"user \S+ not", r"email account that you tried to reach",
        r"r(?:e)?cpt .{0,20}not exist", r"who you are trying to (?:reach|contact)",
    )),
    (BounceReason.POLICY, _words(
        r"polic(?:y|ies)", r"5\.7\.(?:7|9)\b", r"not (?:authorized|permitted) (?:due to|because)", r"prohibited", r"disallowed",
        r"unacceptable", r"restricted (?:attachment|content|file)", r"attachment .{0,40}(?:not allowed|blocked|denied)",
    )),
    (BounceReason.NOT_RFC, _words(r"rfc ?(?:5322|2822|822|5321|2821)", r"(?:duplicate|multiple|missing|invalid|malformed) (?:\w+ )?(?:header|from:|message-id)")),
    (BounceReason.CONTENT, _words(r"(?:message|mail) (?:content|header|body) (?:\w+ )?(?:rejected|refused|error|denied)", r"mime .{0,20}(?:error|malformed)", r"5\.6\.")),
    (BounceReason.EXPIRED, _words(
        r"expired", r"retry (?:time|timeout)", r"(?:delivery|connection|session|operation|message) (?:\w+ )?(?:time|timed)[- ]?out",
        r"timed? ?out", r"has been (?:delayed|in the (?:mail )?queue)", r"could not be delivered for", r"too long",
        r"been on the queue", r"delay(?:ed)? (?:\d+|for)", r"message delayed", r"will be retried", r"delivery .{0,30}delayed",
        r"failed \d+ attempts", r"giving up", r"failing for a long time", r"not responding", r"4\.4\.7", r"5\.4\.7", r"retry time not reached",
    )),
    (BounceReason.NETWORK, _words(
        r"network", r"unreachable", r"connection (?:refused|reset|lost|closed|failed|dropped)", r"no route to host", r"loops back",
        r"(?:mail|routing|forwarding) loop", r"too many hops", r"hop count", r"malformed or unexpected name server reply", r"lost connection",
        r"tls (?:handshake|connection|is required)", r"starttls", r"dns (?:error|failure|problem)", r"no mail hub",
    )),
    (BounceReason.REJECTED, _words(
        r"sender (?:\S+ )?(?:address )?(?:rejected|denied|refused|blocked|not|domain|verify|is)", r"(?:from|sender) address", r"access denied",
        r"invalid sender", r"domain of sender", r"mail from", r"not accepting mail from", r"administrative prohibition", r"rejected", r"refused",
    )),
    (BounceReason.SECURITY, _words(r"security", r"5\.7\.\d", r"authenticat", r"authoriz", r"permission", r"denied", r"not permitted", r"not allowed")),
    (BounceReason.SYSTEM_FULL, _words(r"disk full", r"out of disk", r"no space left")),
    (BounceReason.MAILER, _words(r"exit(?:ed|s)? (?:status|value|with)", r"unknown mailer error", r"pipe to", r"command failed", r"mailer")),
    (BounceReason.SYSTEM, _words(r"system (?:error|config|failure)", r"server (?:error|config)", r"local (?:error|configuration)", r"internal error", r"temporary (?:failure|problem|error|system)", r"service (?:unavailable|not available)", r"cannot (?:open|append|create|update)", r"i/o error")),
    (BounceReason.SYNTAX, _words(r"syntax error", r"command (?:not|unrecognized|unknown)", r"bad sequence", r"\b50[0-4]\b")),
)  # fmt: skip

NO_WORDS = re.compile(
    r"[^\s<>()\[\]\\,;:\"'=]+@[\w.-]+|https?://\S+|5\.1\.0 - unknown address error", re.IGNORECASE
)
# The server had taken the recipient, and refused when it saw the mail: the address may well live.
AFTER_DATA = re.compile(
    r"(?:in reply to|after|following) (?:the )?(?:end of )?data|>>> data\b(?! for)|smtp command data|"
    r"\[(?:end of )?data\]|data command",
    re.IGNORECASE,
)
# More telling than any words.
DECISIVE_CODES: dict[str, BounceReason] = {
    "1.6": BounceReason.HAS_MOVED,
    "1.7": BounceReason.REJECTED,
    "1.8": BounceReason.REJECTED,
    "1.10": BounceReason.NOT_ACCEPT,
}
# RFC 3463 codes that say enough by themselves, for notices without words.
CODES: dict[str, BounceReason] = {
    "1.0": BounceReason.USER_UNKNOWN,
    "1.1": BounceReason.USER_UNKNOWN,
    "1.2": BounceReason.HOST_UNKNOWN,
    "1.3": BounceReason.USER_UNKNOWN,
    "2.1": BounceReason.SUSPENDED,
    "2.2": BounceReason.MAILBOX_FULL,
    "2.3": BounceReason.EXCEEDS_LIMIT,
    "3.1": BounceReason.SYSTEM_FULL,
    "3.4": BounceReason.MESSAGE_TOO_BIG,
    "3.5": BounceReason.SYSTEM,
    "4.1": BounceReason.EXPIRED,
    "4.2": BounceReason.NETWORK,
    "4.4": BounceReason.HOST_UNKNOWN,
    "4.6": BounceReason.NETWORK,
    "4.7": BounceReason.EXPIRED,
    "7.0": BounceReason.SECURITY,
    "7.1": BounceReason.REJECTED,
}


def reason_of(status: str, diagnostic: str) -> BounceReason:
    """The reason by the server's words, else by its code; UNDEFINED if neither says.

    Addresses and links are taken out first: spam@x.example names no reason.
    """
    if status[2:] in DECISIVE_CODES:
        return DECISIVE_CODES[status[2:]]
    text = NO_WORDS.sub(" ", " ".join(diagnostic.split())[:4_000])
    for reason, words in WORDS:
        if words.search(text):
            refused_late = reason is BounceReason.USER_UNKNOWN and AFTER_DATA.search(text)
            return BounceReason.FILTERED if refused_late else reason
    return CODES.get(status[2:], BounceReason.UNDEFINED)


def default_status(reason: BounceReason, *, delayed: bool) -> str:
    """A status for a notice that names none: 4 while the server still tries, 5 once it gave up."""
    return "4.0.0" if delayed or reason in TEMPORARY else "5.0.0"
