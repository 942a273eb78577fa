"""Mail providers whose settings are known: an administrator fills in a name and a password.

Hosts, ports and ways to sign in are as known in 2026 and were not tried with each provider: the
live check tells whether they hold. `hint` is a code that the console has words for.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from servicedesk.channels.email.settings import OAuthProvider, Security, SignIn


class Hint(StrEnum):
    """What one has to do at the provider before the settings work."""

    APP_PASSWORD = "app_password"  # noqa: S105  # two-step sign-in on, then a password for the desk
    AUTHORIZATION_CODE = "authorization_code"  # 授权码: made in the web mail's settings
    OAUTH_APPLICATION = "oauth_application"  # an application registered with the provider
    SWITCH_IMAP_ON = "switch_imap_on"  # IMAP is off until it is switched on in the web mail
    SMTP_AUTH_ALLOWED = "smtp_auth_allowed"  # the tenant's administrator allows SMTP AUTH
    CLIENT_PASSWORD = "client_password"  # noqa: S105  # a security password for mail programs


@dataclass(frozen=True, slots=True)
class Provider:
    """`domains` are those of its own addresses; `spf` is the domain that its customers include.

    `keeps_sent`: what is sent by its relay is in the Sent folder by itself.
    """

    id: str
    name: str
    imap_host: str
    smtp_host: str
    hints: tuple[Hint, ...]
    domains: tuple[str, ...] = ()
    imap_port: int = 993
    smtp_port: int = 587
    smtp_security: Security = Security.STARTTLS
    sign_in: tuple[SignIn, ...] = (SignIn.PASSWORD,)
    oauth: OAuthProvider | None = None
    sent_folder: str = "Sent"
    keeps_sent: bool = False
    spf: str = ""
    hosts: tuple[str, ...] = field(default=())

    def is_relay(self, host: str) -> bool:
        """Say whether a host is one of its relays."""
        name = host.rstrip(".").lower()
        return name == self.smtp_host or any(
            name == one or name.endswith(f".{one}") for one in self.hosts
        )


PASSWORD_OR_TOKEN = (SignIn.XOAUTH2, SignIn.PASSWORD)
PROVIDERS: tuple[Provider, ...] = (
    Provider(
        id="gmail",
        name="Gmail, Google Workspace",
        imap_host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        hints=(Hint.OAUTH_APPLICATION, Hint.APP_PASSWORD),
        domains=("gmail.com", "googlemail.com"),
        sign_in=PASSWORD_OR_TOKEN,
        oauth=OAuthProvider.GOOGLE,
        sent_folder="[Gmail]/Sent Mail",
        keeps_sent=True,
        spf="_spf.google.com",
        hosts=("smtp-relay.gmail.com",),
    ),
    Provider(
        id="microsoft365",
        name="Microsoft 365",
        imap_host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        hints=(Hint.OAUTH_APPLICATION, Hint.SMTP_AUTH_ALLOWED),
        sign_in=(SignIn.XOAUTH2,),
        oauth=OAuthProvider.MICROSOFT,
        sent_folder="Sent Items",
        keeps_sent=True,
        spf="spf.protection.outlook.com",
        hosts=("mail.protection.outlook.com",),
    ),
    Provider(
        id="outlook",
        name="Outlook.com, Hotmail",
        imap_host="outlook.office365.com",
        smtp_host="smtp-mail.outlook.com",
        hints=(Hint.OAUTH_APPLICATION, Hint.SWITCH_IMAP_ON),
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        sign_in=(SignIn.XOAUTH2,),
        oauth=OAuthProvider.MICROSOFT,
        sent_folder="Sent",
        keeps_sent=True,
        spf="spf.protection.outlook.com",
    ),
    Provider(
        id="yahoo",
        name="Yahoo Mail",
        imap_host="imap.mail.yahoo.com",
        smtp_host="smtp.mail.yahoo.com",
        hints=(Hint.APP_PASSWORD,),
        domains=("yahoo.com", "ymail.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr"),
        smtp_port=465,
        smtp_security=Security.TLS,
        keeps_sent=True,
    ),
    Provider(
        id="icloud",
        name="iCloud Mail",
        imap_host="imap.mail.me.com",
        smtp_host="smtp.mail.me.com",
        hints=(Hint.APP_PASSWORD,),
        domains=("icloud.com", "me.com", "mac.com"),
        sent_folder="Sent Messages",
        spf="icloud.com",
    ),
    Provider(
        id="fastmail",
        name="Fastmail",
        imap_host="imap.fastmail.com",
        smtp_host="smtp.fastmail.com",
        hints=(Hint.APP_PASSWORD,),
        domains=("fastmail.com", "fastmail.fm"),
        smtp_port=465,
        smtp_security=Security.TLS,
        spf="spf.messagingengine.com",
    ),
    Provider(
        id="zoho",
        name="Zoho Mail",
        imap_host="imappro.zoho.com",
        smtp_host="smtppro.zoho.com",
        hints=(Hint.SWITCH_IMAP_ON, Hint.APP_PASSWORD),
        domains=("zoho.com", "zohomail.com"),
        smtp_port=465,
        smtp_security=Security.TLS,
        keeps_sent=True,
        spf="zohomail.com",
        hosts=("smtp.zoho.com",),
    ),
    Provider(
        id="gmx",
        name="GMX",
        imap_host="imap.gmx.net",
        smtp_host="mail.gmx.net",
        hints=(Hint.SWITCH_IMAP_ON,),
        domains=("gmx.net", "gmx.de", "gmx.at", "gmx.ch"),
        sent_folder="Gesendet",
    ),
    Provider(
        id="qq",
        name="QQ邮箱",
        imap_host="imap.qq.com",
        smtp_host="smtp.qq.com",
        hints=(Hint.SWITCH_IMAP_ON, Hint.AUTHORIZATION_CODE),
        domains=("qq.com", "foxmail.com", "vip.qq.com"),
        smtp_port=465,
        smtp_security=Security.TLS,
        sent_folder="Sent Messages",
        spf="spf.mail.qq.com",
    ),
    Provider(
        id="exmail",
        name="腾讯企业邮箱",
        imap_host="imap.exmail.qq.com",
        smtp_host="smtp.exmail.qq.com",
        hints=(Hint.SWITCH_IMAP_ON, Hint.CLIENT_PASSWORD),
        smtp_port=465,
        smtp_security=Security.TLS,
        sent_folder="Sent Messages",
        spf="spf.mail.qq.com",
    ),
    Provider(
        id="netease163",
        name="网易163邮箱",
        imap_host="imap.163.com",
        smtp_host="smtp.163.com",
        hints=(Hint.SWITCH_IMAP_ON, Hint.AUTHORIZATION_CODE),
        domains=("163.com",),
        smtp_port=465,
        smtp_security=Security.TLS,
        sent_folder="已发送",
        spf="spf.163.com",
    ),
    Provider(
        id="netease126",
        name="网易126邮箱",
        imap_host="imap.126.com",
        smtp_host="smtp.126.com",
        hints=(Hint.SWITCH_IMAP_ON, Hint.AUTHORIZATION_CODE),
        domains=("126.com",),
        smtp_port=465,
        smtp_security=Security.TLS,
        sent_folder="已发送",
    ),
    Provider(
        id="aliyun",
        name="阿里企业邮箱",
        imap_host="imap.qiye.aliyun.com",
        smtp_host="smtp.qiye.aliyun.com",
        hints=(Hint.CLIENT_PASSWORD,),
        smtp_port=465,
        smtp_security=Security.TLS,
        sent_folder="已发送",
        spf="spf.qiye.aliyun.com",
    ),
)


def provider_of_address(address: str) -> Provider | None:
    """Return the provider whose own domain an address has; companies' domains say nothing."""
    domain = address.rpartition("@")[2].strip().lower()
    return next((one for one in PROVIDERS if domain in one.domains), None)


def provider_of_relay(host: str) -> Provider | None:
    """Return the provider that a relay belongs to."""
    return next((one for one in PROVIDERS if one.is_relay(host)), None)
