"""What an administrator sets for one mail inbox: how its mail comes in, goes out and is signed.

The console makes its form from these types. Every secret is a SecretStr: sealed where it is stored
(`kernel/sealed`), shown by nobody. Stored settings of older versions are read too: a field that is
missing takes its default, one that is not known is left out.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

NO_SECRET = SecretStr("")
HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9a-fA-F:]{2,39}")
DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]{2,63}")
TOKEN_URL = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _a_host(value: str) -> str:
    if not HOST.fullmatch(value):
        raise ValueError("must be a host name like mail.example.com, without https:// and port")
    return value


def _a_domain(value: str) -> str:
    domain = value.strip().rstrip(".").lower()
    if not DOMAIN.fullmatch(domain):
        raise ValueError("must be a domain like example.com, written as DNS has it (xn--…)")
    return domain


def _one_line(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("must be one line without control characters")
    return value.strip()


def _a_secret(value: SecretStr) -> SecretStr:
    if CONTROL.search(value.get_secret_value()):
        raise ValueError("must be one line without control characters")
    return value


Host = Annotated[str, AfterValidator(_a_host)]
Domain = Annotated[str, AfterValidator(_a_domain)]
Line = Annotated[str, AfterValidator(_one_line), Field(max_length=320)]
Folder = Annotated[str, AfterValidator(_one_line), Field(min_length=1, max_length=255)]
Password = Annotated[SecretStr, AfterValidator(_a_secret), Field(max_length=4096)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Security(StrEnum):
    """How a connection is kept private."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class ImapSecurity(StrEnum):
    """The IMAP library has no STARTTLS; every large provider has TLS from the first byte."""

    NONE = "none"
    TLS = "tls"


class SignIn(StrEnum):
    PASSWORD = "password"  # noqa: S105  # a name, no password
    XOAUTH2 = "xoauth2"


class Handled(StrEnum):
    """What happens in the mailbox to a mail that the desk has taken in."""

    FLAG = "flag"
    MOVE = "move"
    KEEP = "keep"


class OAuthProvider(StrEnum):
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


HERE = ("localhost", "127.0.0.1", "::1")


def _require_cover(section: "ImapSettings | SmtpSettings") -> None:
    """A password or token crosses no network in the clear."""
    tells = section.password.get_secret_value() or section.sign_in is SignIn.XOAUTH2
    if section.security.value == "none" and tells and section.host not in HERE:
        raise ValueError("security is none, so a password may only go to a server on this machine")


class ImapSettings(_Section):
    """A mailbox that mail is fetched from."""

    host: Host = Field(description="Name of the IMAP server, such as imap.example.com.")
    port: Port = Field(993, description="Its port: 993 with TLS, 143 without.")
    security: ImapSecurity = Field(
        ImapSecurity.TLS, description="tls; none only for a server on this machine."
    )
    username: Line = Field(description="Who signs in, most often the whole mail address.")
    sign_in: SignIn = Field(SignIn.PASSWORD, description="password, or xoauth2 (section oauth).")
    password: Password = Field(NO_SECRET, description="The password, or an app password.")
    folders: tuple[Folder, ...] = Field(
        ("INBOX",), min_length=1, max_length=20, description="Folders that mail is taken from."
    )
    handled: Handled = Field(
        Handled.FLAG, description="What happens to a mail that was taken in: flag, move or keep."
    )
    handled_folder: Line = Field("", description="Where it is moved to, for move.")
    since: date | None = Field(
        None, description="The first connection takes mail from this day on; empty: only new mail."
    )
    poll_seconds: int = Field(
        300, ge=30, le=3_600, description="How often to look where the server announces nothing."
    )

    @model_validator(mode="after")
    def _move_has_a_folder(self) -> Self:
        _require_cover(self)
        if self.handled is Handled.MOVE and not self.handled_folder:
            raise ValueError("handled is move, so handled_folder must name a folder")
        if self.handled is Handled.MOVE and self.handled_folder in self.folders:
            raise ValueError("handled_folder must not be one of the folders mail is taken from")
        return self


class SmtpSettings(_Section):
    """A relay of this inbox's own."""

    host: Host = Field(description="Name of the SMTP relay, such as smtp.example.com.")
    port: Port = Field(587, description="Its port: 587 with STARTTLS, 465 with TLS.")
    security: Security = Field(
        Security.STARTTLS, description="starttls or tls; none only for a relay on this machine."
    )
    username: Line = Field("", description="Who signs in; empty: nobody.")
    sign_in: SignIn = Field(SignIn.PASSWORD, description="password, or xoauth2 (section oauth).")
    password: Password = Field(NO_SECRET, description="The password, or an app password.")

    @model_validator(mode="after")
    def _has_cover(self) -> Self:
        _require_cover(self)
        return self


class OAuthSettings(_Section):
    """An application at the provider that may sign in as the mailbox (OAuth 2.0 refresh token)."""

    provider: OAuthProvider = Field(description="google, microsoft or other.")
    token_url: Annotated[str, Field(max_length=1_000)] = Field(
        "", description="Where tokens are fetched; empty: the provider's own address."
    )
    client_id: Line = Field(description="The application's client id.")
    client_secret: Password = Field(NO_SECRET, description="Its secret, if it has one.")
    refresh_token: Password = Field(NO_SECRET, description="The refresh token of the mailbox.")
    scope: Annotated[str, AfterValidator(_one_line), Field(max_length=1_000)] = Field(
        "", description="Scopes to ask for; empty: those of the provider for IMAP and SMTP."
    )

    @model_validator(mode="after")
    def _other_names_its_url(self) -> Self:
        if not self.token_url and self.provider is OAuthProvider.OTHER:
            raise ValueError("provider is other, so token_url must say where tokens are fetched")
        if self.token_url and not TOKEN_URL.match(self.token_url):
            raise ValueError("token_url must begin with https://")
        return self


class DkimSettings(_Section):
    """A signature of our own (RFC 6376), where the relay makes none for the domain."""

    domain: Domain = Field(description="The domain that signs: that of the inbox's address.")
    selector: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=63)] = (
        Field(description="The name of the key in DNS: <selector>._domainkey.<domain>.")
    )
    private_key: SecretStr = Field(
        NO_SECRET, max_length=16_384, description="The key (PEM), RSA of 1024 bits up or Ed25519."
    )


class EmailInboxSettings(BaseModel):
    """What an administrator sets for one mail inbox."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    signed_reply_address: bool = Field(
        default=True,
        description="Answers go to address+t.<mark>@…; turn it off where the mail server does not "
        "deliver addresses with a plus sign.",
    )
    imap: ImapSettings | None = Field(
        None, description="The mailbox to fetch from; empty: mail comes by SMTP."
    )
    smtp: SmtpSettings | None = Field(
        None, description="The relay of this inbox; empty: the relay of the installation."
    )
    oauth: OAuthSettings | None = Field(None, description="For sign-in by xoauth2.")
    from_name: Line = Field("", description="The name in From; empty: the name of the inbox.")
    reply_to: Line = Field(
        "", description="Another address for answers; empty: the inbox's own, with its mark."
    )
    sent_copy: bool = Field(
        default=False,
        description="Keep a copy of what is sent in the mailbox. Gmail, Microsoft 365 and others "
        "do so by themselves.",
    )
    sent_folder: Folder = Field("Sent", description="The folder of the copies.")
    dkim: DkimSettings | None = Field(
        None, description="Sign with an own key; empty: the relay signs."
    )
    acknowledge: bool = Field(
        default=False, description="Answer a new ticket with an acknowledgement of receipt."
    )
    trusted_hosts: tuple[Line, ...] = Field(
        (),
        max_length=20,
        description="Servers of ours, as they name themselves in Authentication-Results: what they "
        "say of a sender is believed, and spam headers only if they stand above what came in. "
        "Without one, spam headers of any server are believed, and no mail is proven.",
    )

    people_lists: tuple[Line, ...] = Field(
        (),
        max_length=50,
        description="List-Id of mailing lists that this inbox is a member of: their mail opens "
        "tickets as a person's does.",
    )

    @model_validator(mode="after")
    def _oauth_is_there_if_needed(self) -> Self:
        by_token = [one for one in (self.imap, self.smtp) if one and one.sign_in is SignIn.XOAUTH2]
        if by_token and self.oauth is None:
            raise ValueError("sign_in is xoauth2, so the section oauth must be filled in")
        if self.sent_copy and self.imap is None:
            raise ValueError("sent_copy needs the section imap: the copy is put into that mailbox")
        return self
