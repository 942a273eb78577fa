"""What servers write when they refuse the mail or its sender, not the recipient."""

import re

from servicedesk.channels.email.bounce_reasons import BounceReason as R


def any_of(*phrases: str) -> re.Pattern[str]:
    """For texts in lower case: matching without regard to case costs three times as much."""
    return re.compile("|".join(phrases))


WORDS_ABOUT_THE_MAIL: tuple[tuple[R, re.Pattern[str]], ...] = (
    (
        R.HAS_MOVED,
        any_of(
            r"has (?:been )?(?:replaced by|moved to|changed to)",
            r"address (?:has )?changed",
            r"no longer (?:with|works at) .{0,40}(?:please|contact|new)",
        ),
    ),
    (
        R.NOT_ACCEPT,
        any_of(
            r"null ?mx",
            r"does not accept (?:any )?(?:e-?)?mail",
            r"mail receiving disabled",
            r"domain .{0,60}(?:does not|doesn't) (?:accept|receive) (?:e-?)?mail",
            r"smtp protocol returned a permanent error",
            r"host/domain does not accept mail",
            r"no mail accepted",
            r"no mx (?:found|record)",
            r"name server .{0,20}has no mx",
        ),
    ),
    (
        R.REJECTED,
        any_of(
            r"sender (?:\S+ )?(?:address )?(?:rejected|denied|refused|blocked)",
            r"domain of sender",
            r"unrout(?:e)?able sender",
            r"\[mail_from\]",
            r"sender (?:address )?verif",
            r"invalid sender",
        ),
    ),
    (
        R.VIRUS,
        any_of(
            r"\bvirus",
            r"malware",
            r"infected",
            r"\bworm\b",
        ),
    ),
    (
        R.SPAM,
        any_of(
            r"spam[- ]?(?:like|message|content|score|detected|filter|mail)",
            r"looks like spam",
            (
                r"(?:is|as|was|be|classified|considered|identified|likely) (?:unsolicited|"
                r"spam)\b"
            ),
            r"unsolicited (?:mail|e-?mail|message|bulk)",
            r"junk mail",
            r"spamassassin",
            r"reject(?:ed|ing)?(?: for| due to| because of|:)? spam",
            r"blocked .{0,20}spam\b",
        ),
    ),
    (
        R.AUTHENTICATION,
        any_of(
            r"\bdmarc\b",
            r"\bspf\b",
            r"sender policy framework",
            r"\bdkim\b .{0,40}(?:fail|check|not|sign)",
            r"authentication checks? (?:have )?failed",
            r"multiple authentication",
            r"unauthenticated (?:mail|email)",
            r"5\.7\.(?:2[0-9]|3[01])\b",
        ),
    ),
    (
        R.REVERSE_DNS,
        any_of(
            r"\brdns\b",
            r"reverse (?:dns|hostname|lookup|ip)",
            r"\bptr\b",
            r"unresolvable relay",
            r"cannot (?:find your|resolve your) (?:hostname|reverse|address)",
            r"no (?:matches to )?(?:nameserver|rdns)",
            r"fcrdns",
            r"client host rejected: cannot find",
        ),
    ),
    (
        R.BAD_REPUTATION,
        any_of(
            r"reputation",
            r"poor score",
            r"low score",
        ),
    ),
    (
        R.RATE,
        any_of(
            r"too (?:fast|many (?:messages|mails|emails|recipients)|much mail)",
            r"rate[- ]limit",
            r"throttl",
            r"(?:message|sending|mail) rate",
            r"unusual rate",
            r"try again later.{0,20}rate",
            r"receiving mail .{0,40}(?:too quickly|rate)",
        ),
    ),
    (
        R.CONNECTIONS,
        any_of(
            r"too many (?:\w+ ){0,3}(?:connections|sessions|concurrent)",
            r"max(?:imum)? .{0,20}connections",
        ),
    ),
    (
        R.BLOCKED,
        any_of(
            r"black ?list",
            r"block ?list",
            r"\brbl\b",
            r"\bdnsbl\b",
            r"spamhaus",
            r"spamcop",
            (
                r"(?:your )?(?:ip|host|network|client|server|domain|address)(?: address)?(?: "
                r"\S+)? (?:is|has been|was) (?:\w+ )?(?:blocked|banned|listed|refused|rejected)"
            ),
            r"blocked using",
            r"access denied\. ip",
            r"connection (?:refused|rejected|dropped) by .{0,40}policy",
            r"banned (?:sending )?ip",
            r"client host .{0,60}(?:blocked|rejected)",
            r"bad helo",
            r"helo command rejected",
            r"not allowed to connect",
            r"blocked by (?:\w+ )?(?:our|my|the) .{0,30}(?:list|filter|policy)",
        ),
    ),
    (
        R.MESSAGE_TOO_BIG,
        any_of(
            (
                r"(?:message|mail|e-?mail|size|body)(?: size)?(?: is| was)? (?:too (?:big|large|"
                r"long)|exceed)"
            ),
            r"exceeds? .{0,40}(?:size|maximum message|message limit)",
            r"too (?:big|large) (?:message|for)",
            r"file too big",
            r"size limit",
            r"5\.3\.4\b",
        ),
    ),
)
