"""What mail servers write when they refuse: patterns for each reason; the first that fits counts.

What concerns the mail or its sender stands before what concerns the recipient, because refusals
often say "recipient rejected" as well. The wording is that of Sendmail, Postfix, Exim, qmail,
Exchange, Courier, OpenSMTPD and the large providers.
"""

import re

from servicedesk.channels.email.bounce_reasons import BounceReason as R
from servicedesk.channels.email.bounce_words_mail import WORDS_ABOUT_THE_MAIL, any_of

WORDS: tuple[tuple[R, re.Pattern[str]], ...] = (
    *WORDS_ABOUT_THE_MAIL,
    (
        R.MAILBOX_FULL,
        any_of(
            (
                r"(?:mail ?box|account|storage|inbox|user|mail ?folder|recipient)\S*(?: "
                r"\S+){0,3} (?:is |was )?(?:full|over ?quota|exceeded)"
            ),
            r"quota",
            r"over ?quota",
            r"out of (?:storage|mailbox|disk) ?space",
            r"insufficient (?:disk )?(?:space|storage|system storage)",
            r"not enough (?:\w+ )?(?:space|storage)",
            r"exceed\w* (?:\w+ ){0,4}(?:storage|mailbox|limit|space|local limit)",
            r"mailbox (?:would )?exceed",
            r"too many messages (?:in|on)",
            r"delivery failed: over",
            r"5\.2\.2\b",
            r"4\.2\.2\b",
        ),
    ),
    (
        R.SUSPENDED,
        any_of(
            (
                r"(?:account|mailbox|user|address|recipient|domain|mail box|user\(s\) account|"
                r"login)(?: \S+){0,5} (?:is |has been |was |are |been )?(?:temporarily "
                r")?(?:suspended|disabled|inactive|locked|deactivated|blocked|frozen|restricted|"
                r"dormant|expired|invalid and inactive|not active|over-?due)"
            ),
            r"inactive (?:user|account|mailbox|recipient)",
            (
                r"(?:disabled|inactive|suspended|locked|frozen) (?:user|account|mailbox|address|"
                r"recipient)"
            ),
            r"no longer (?:on server|active|in use)",
            r"not active\b",
            r"user .{0,40}suspend",
            r"is (?:a )?(?:disabled|suspended)",
            r"dormant",
        ),
    ),
    (
        R.NO_RELAYING,
        any_of(
            (
                r"relay(?:ing)?(?: access| mail| not|\w* to)? ?(?:denied|prohibited|not "
                r"permitted|not allowed|not possible)"
            ),
            r"(?:unable|not allowed|not permitted|cannot|not authorized|no) to? ?relay",
            r"relaying\b",
            r"we do not relay",
            r"not? (?:local|a gateway)",
            r"insecure mail relay",
            r"that domain isn't in my list of allowed rcpthosts",
            r"this is not an? (?:open )?relay",
        ),
    ),
    (
        R.NETWORK,
        any_of(
            r"(?:name service error|host not found|dns) .{0,60}try again",
        ),
    ),
    (
        R.HOST_UNKNOWN,
        any_of(
            r"host (?:is )?(?:unknown|not found|name has no)",
            r"unknown host",
            r"no such (?:domain|host)",
            (
                r"(?:domain|host)(?: name)?(?: \S+){0,3} (?:does not exist|doesn't exist|not "
                r"found|is not found|is invalid|must exist|not exist)"
            ),
            r"(?:could|can) ?not be resolved",
            r"unrouteable (?:mail )?(?:domain|address)",
            r"unroutable",
            r"name or service not known",
            r"nxdomain",
            r"(?:^|\s)[\w-]+(?:\.[\w-]+)+ (?:does not|doesn't) exist",
            r"dns (?:lookup )?(?:error|failure|fail)\b.{0,60}(?:not found|domain|nx)",
            r"name service error .{0,60}not found",
            r"nonexistent domain",
            r"unknown (?:mail )?domain",
            r"couldn't find any host",
            r"no such host",
            r"mail domain mentioned in email address is unknown",
            r"5\.1\.2\b",
            r"ip address for .{0,60} not found",
            r"can't find .{0,60} host",
            r"no route for current request",
            r"illegal host/domain",
            r"bad destination (?:host|system|mailbox system)",
        ),
    ),
    (
        R.FILTERED,
        any_of(
            r"because the recipient is (?:only )?(?:not )?accepting",
            r"only accepts? (?:mail|messages) from",
            r"user reject",
            r"this account is protected",
            r"sorry, i'?ve been told to reject",
            r"recipient (?:\S+ )?(?:refused|rejected) (?:to|your|the|this)",
            r"we failed to deliver mail because the following address recipient id refuse",
            r"refused to accept .{0,40}(?:mail|message)",
            r"has not been delivered.{0,20}filter",
            (
                r"your (?:e-?mail|message) (?:has been|was) (?:blocked|filtered|rejected) by "
                r"(?:the )?(?:recipient|user)"
            ),
        ),
    ),
    (
        R.USER_UNKNOWN,
        any_of(
            (
                r"(?:user|recipient|account|address|mailbox|mail box|email|name|alias|addressee|"
                r"id|login|mail drop|local ?part|person|customer)\S*(?: \S+){0,6}?,? (?:is |was "
                r"|are |has |have |does |could )?(?:unknown|not (?:be )?(?:found|exist|known|"
                r"recognized|recognised|listed|valid|available|a valid|our customer|here|on "
                r"this|local)|doesn't exist|don't exist|n't exist|isn't in|invalid|"
                r"undeliverable|no longer valid|non-?existent|not have|rejected\b.{0,12}user)"
            ),
            (
                r"(?:unknown|invalid|no such|nonexistent|non-existent|no valid|bad|unrecognized|"
                r"illegal|incorrect|not a valid|not our) (?:\w+ ){0,2}(?:user|recipient|mailbox|"
                r"mail box|address|account|alias|local ?part|person|addressee|id|customer|name|"
                r"login)"
            ),
            (
                r"(?:does not|doesn't|did not|don't|not) (?:exist|have (?:a|an) .{0,40}account|"
                r"like recipient)"
            ),
            r"no mailbox",
            r"no (?:such )?(?:user|account|mailbox|recipient|one here|person)",
            r"not (?:a )?(?:known|valid) (?:user|recipient|mailbox|address)",
            r"couldn't be found",
            r"recipnotfound",
            r"recipient not found",
            r"5\.1\.(?:1|3|0|10)\b",
            r"address (?:error|unknown)",
            r"(?:recipient )?address rejected[^:]*$",
            r"mailbox (?:unavailable|not available|not found)",
            r"there is no (?:user|account|such)",
            r"unknown_?user",
            r"name is not recognized",
            r"user unknown",
            r"unknown user",
            r"無効",
            r"存在しません",
            r"見つかりません",
            r"wurde nicht gefunden",
            r"unbekannt",
            r"no existe",
            r"не существует",
            r"inconnu",
            r"not listed in",
            r"x-notes; .{0,60}(?:not listed|no matching)",
            r"user not in",
            r"user \S+ not",
            r"email account that you tried to reach",
            r"r(?:e)?cpt .{0,20}not exist",
            r"recipient address rejected: access denied",
            r"who you are trying to (?:reach|contact)",
        ),
    ),
    (
        R.POLICY,
        any_of(
            r"polic(?:y|ies)",
            r"5\.7\.(?:7|9)\b",
            r"not (?:authorized|permitted) (?:due to|because)",
            r"prohibited",
            r"disallowed",
            r"unacceptable",
            r"restricted (?:attachment|content|file)",
            r"attachment .{0,40}(?:not allowed|blocked|denied)",
        ),
    ),
    (
        R.NOT_RFC,
        any_of(
            r"rfc ?(?:5322|2822|822|5321|2821)",
            (
                r"(?:duplicate|multiple|missing|invalid|malformed) (?:\w+ )?(?:header|from:|"
                r"message-id)"
            ),
        ),
    ),
    (
        R.CONTENT,
        any_of(
            (
                r"(?:message|mail) (?:content|header|body) (?:\w+ )?(?:rejected|refused|error|"
                r"denied)"
            ),
            r"mime .{0,20}(?:error|malformed)",
            r"5\.6\.",
        ),
    ),
    (
        R.EXPIRED,
        any_of(
            r"expired",
            r"retry (?:time|timeout)",
            (
                r"(?:delivery|connection|session|operation|message) (?:\w+ )?(?:time|timed)[- "
                r"]?out"
            ),
            r"timed? ?out",
            r"has been (?:delayed|in the (?:mail )?queue)",
            r"could not be delivered for",
            r"too long",
            r"been on the queue",
            r"delay(?:ed)? (?:\d+|for)",
            r"message delayed",
            r"will be retried",
            r"delivery .{0,30}delayed",
            r"failed \d+ attempts",
            r"giving up",
            r"failing for a long time",
            r"not responding",
            r"4\.4\.7",
            r"5\.4\.7",
            r"retry time not reached",
        ),
    ),
    (
        R.NETWORK,
        any_of(
            r"network",
            r"unreachable",
            r"connection (?:refused|reset|lost|closed|failed|dropped)",
            r"no route to host",
            r"loops back",
            r"(?:mail|routing|forwarding) loop",
            r"too many hops",
            r"hop count",
            r"malformed or unexpected name server reply",
            r"lost connection",
            r"tls (?:handshake|connection|is required)",
            r"starttls",
            r"dns (?:error|failure|problem)",
            r"no mail hub",
        ),
    ),
    (
        R.REJECTED,
        any_of(
            (
                r"sender (?:\S+ )?(?:address )?(?:rejected|denied|refused|blocked|not|domain|"
                r"verify|is)"
            ),
            r"(?:from|sender) address",
            r"access denied",
            r"invalid sender",
            r"domain of sender",
            r"mail from",
            r"not accepting mail from",
            r"administrative prohibition",
            r"rejected",
            r"refused",
        ),
    ),
    (
        R.SECURITY,
        any_of(
            r"security",
            r"5\.7\.\d",
            r"authenticat",
            r"authoriz",
            r"permission",
            r"denied",
            r"not permitted",
            r"not allowed",
        ),
    ),
    (
        R.SYSTEM_FULL,
        any_of(
            r"disk full",
            r"out of disk",
            r"no space left",
        ),
    ),
    (
        R.MAILER,
        any_of(
            r"exit(?:ed|s)? (?:status|value|with)",
            r"unknown mailer error",
            r"pipe to",
            r"command failed",
            r"mailer",
        ),
    ),
    (
        R.SYSTEM,
        any_of(
            r"system (?:error|config|failure)",
            r"server (?:error|config)",
            r"local (?:error|configuration)",
            r"internal error",
            r"temporary (?:failure|problem|error|system)",
            r"service (?:unavailable|not available)",
            r"cannot (?:open|append|create|update)",
            r"i/o error",
        ),
    ),
    (
        R.SYNTAX,
        any_of(
            r"syntax error",
            r"command (?:not|unrecognized|unknown)",
            r"bad sequence",
            r"\b50[0-4]\b",
        ),
    ),
)
