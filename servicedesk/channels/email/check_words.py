"""What a live check can find, as codes with facts: the console says them in its own languages.

`WORDS` is their English, for whoever calls the API and for the log. Facts are hosts, folders,
addresses, and in `says` what the other side wrote, never a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from servicedesk.domain.storable import storable

LONGEST_FACT = 500


class Outcome(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(StrEnum):
    NAME_KNOWN = "name_known"
    ANSWERS = "answers"
    ENCRYPTED = "encrypted"
    NOT_ENCRYPTED = "not_encrypted"
    LET_IN = "let_in"
    NO_SIGN_IN = "no_sign_in"
    FOLDERS_THERE = "folders_there"
    FOLDERS_TO_BE_MADE = "folders_to_be_made"
    FOLDERS_MISSING = "folders_missing"
    MAIL_TAKEN = "mail_taken"
    MAIL_REFUSED = "mail_refused"
    MAIL_CAME_BACK = "mail_came_back"
    MAIL_NOT_BACK = "mail_not_back"
    NO_RELAY = "no_relay"
    NO_SUCH_HOST = "no_such_host"
    NOTHING_LISTENS = "nothing_listens"
    NO_ANSWER = "no_answer"
    NO_TLS = "no_tls"
    CERTIFICATE_NOT_TRUSTED = "certificate_not_trusted"
    SIGN_IN_REFUSED = "sign_in_refused"
    NO_ACCESS = "no_access"
    GRANT_EXPIRED = "grant_expired"
    APPLICATION_UNKNOWN = "application_unknown"
    SCOPES_MISSING = "scopes_missing"
    MAILBOX_SHUT = "mailbox_shut"
    RELAY_SAYS = "relay_says"
    BROKEN = "broken"


WORDS: Mapping[Finding, str] = {
    Finding.NAME_KNOWN: "{host} is {addresses}",
    Finding.ANSWERS: "{place} answers",
    Finding.ENCRYPTED: "Encrypted ({how}), the certificate is trusted",
    Finding.NOT_ENCRYPTED: (
        "The connection is not encrypted: passwords and mail can be read on the way."
    ),
    Finding.LET_IN: "{user} is let in",
    Finding.NO_SIGN_IN: "No sign-in: the relay must let this machine send without one.",
    Finding.FOLDERS_THERE: "{folders} is there",
    Finding.FOLDERS_TO_BE_MADE: (
        "{folders} is not there yet and will be made. Is that the right name?"
    ),
    Finding.FOLDERS_MISSING: "There is no folder {folders}. There are: {there}.",
    Finding.MAIL_TAKEN: "The relay took a mail from {address}: {says}",
    Finding.MAIL_REFUSED: "The relay did not take a mail from {address}: {says}",
    Finding.MAIL_CAME_BACK: "The mail came back: the inbox receives what is sent to its address.",
    Finding.MAIL_NOT_BACK: (
        "The mail was sent, but is not back after {seconds} s. Look for it in the spam folder, and "
        "check that mail to the address is delivered to this mailbox or forwarded to the desk."
    ),
    Finding.NO_RELAY: (
        "There is no relay: name one for this inbox, or set SERVICEDESK_RELAY_HOST for all."
    ),
    Finding.NO_SUCH_HOST: "There is no host of this name. Check how it is written.",
    Finding.NOTHING_LISTENS: "Nothing listens on this port. Check the port.",
    Finding.NO_ANSWER: (
        "No answer in time. Check host and port, and that a firewall lets it through."
    ),
    Finding.NO_TLS: "No TLS can be agreed on: check the port and the kind of encryption.",
    Finding.CERTIFICATE_NOT_TRUSTED: (
        "The certificate is not trusted ({says}). Check the host name; for a server of your own "
        "set SERVICEDESK_MAIL_CA_FILE."
    ),
    Finding.SIGN_IN_REFUSED: (
        "The sign-in is refused: the server does not accept the user name and the password or "
        "token. It says: {says}"
    ),
    Finding.NO_ACCESS: "The provider gives no access token. It says: {says}",
    Finding.GRANT_EXPIRED: (
        "The refresh token is no longer valid: withdrawn, unused for too long, or the password was "
        "changed. Connect the mailbox anew and enter the new one. The provider says: {says}"
    ),
    Finding.APPLICATION_UNKNOWN: (
        "The provider does not know the application: check client id and client secret. It says: "
        "{says}"
    ),
    Finding.SCOPES_MISSING: (
        "The application may not have these scopes: grant them. The provider says: {says}"
    ),
    Finding.MAILBOX_SHUT: "The mailbox cannot be used: {says}",
    Finding.RELAY_SAYS: "The relay says: {says}",
    Finding.BROKEN: "It failed: {says}",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a step has to tell; `facts` fill its words."""

    finding: Finding
    facts: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome = Outcome.FINE

    @property
    def words(self) -> str:
        return WORDS[self.finding].format(**self.facts)


def failed(finding: Finding, **facts: str) -> Found:
    """Return what ends a chain. Facts may be words of a server: they are made storable."""
    kept = {name: storable(value, LONGEST_FACT) for name, value in facts.items()}
    return Found(finding, kept, Outcome.FAILED)
