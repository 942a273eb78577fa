"""Settings: the environment first, then one TOML file, then what is written here.

Each setting is `SERVICEDESK_<NAME>` in the environment and `<name>` in the file; the addresses that
every hosting service knows (DATABASE_URL, REDIS_URL, PUBLIC_URL) also go without the prefix.
"""

import os
import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from servicedesk.domain.errors import ConfigurationError

CONFIG_FILE_VARIABLE = "SERVICEDESK_CONFIG"
DEFAULT_CONFIG_FILE = "servicedesk.toml"
THIS_MACHINE: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("127.0.0.0/8"),
    IPv6Network("::1/128"),
)


def _also(name: str) -> AliasChoices:
    return AliasChoices(f"servicedesk_{name}", name)


class Settings(BaseSettings):
    """Everything that a process is told from outside. Sizes in bytes, durations in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="SERVICEDESK_", extra="forbid", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(Path("data"), description="Where the SQLite file, blobs and keys live.")
    database_url: str = Field(
        "", validation_alias=_also("database_url"), description="postgres://… ; empty: SQLite."
    )
    database_connections: int = Field(20, ge=2, le=500, description="Size of the pool.")
    redis_url: str = Field("", validation_alias=_also("redis_url"), description="redis://…")
    public_url: str = Field(
        "http://127.0.0.1:8000",
        validation_alias=_also("public_url"),
        description="What people type to reach the desk; every link is made from it.",
    )
    host: str = Field("127.0.0.1", description="Where HTTP listens.")
    port: int = Field(8000, ge=0, le=65535, description="Where HTTP listens.")
    trusted_proxies: list[IPv4Network | IPv6Network] = Field(
        default_factory=list, description="Proxies whose X-Forwarded-For is believed."
    )
    smtp_host: str = Field("127.0.0.1", description="Where the built-in mail receiver listens.")
    smtp_port: int = Field(2525, ge=0, le=65535, description="Its port.")
    smtp_max_bytes: int = Field(26_214_400, ge=10_000, description="Largest mail; more gets 552.")
    smtp_certificate: Path | None = Field(
        None, description="Certificate chain (PEM) for STARTTLS; empty: no TLS."
    )
    smtp_key: Path | None = Field(
        None, description="Its private key; empty: in the certificate's own file."
    )
    smtp_trusted: list[IPv4Network | IPv6Network] = Field(
        default_factory=lambda: list(THIS_MACHINE),
        description="Mail servers of yours that pass mail on: the limits are not for them.",
    )
    smtp_mails_per_hour: int = Field(
        1_200, ge=1, description="Mails taken from one other client in an hour; more gets 450."
    )
    smtp_mails_per_sender: int = Field(
        300, ge=1, description="Of these, mails in the name of one sender; more gets 450."
    )
    relay_host: str = Field("", description="The SMTP relay for outgoing mail; empty: none yet.")
    relay_port: int = Field(587, ge=1, le=65535, description="The relay's port.")
    relay_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="How to speak to the relay: none, starttls or tls."
    )
    relay_username: str = Field("", description="Who signs in at the relay; empty: nobody.")
    relay_password: SecretStr = Field(SecretStr(""), description="Their password.")
    outgoing_allowed: list[IPv4Network | IPv6Network] = Field(
        default_factory=list,
        description="Private networks that webhooks and token requests may reach.",
    )
    mail_ca_file: Path | None = Field(
        None, description="Authorities (PEM) that mailboxes are trusted by, beside the system's."
    )
    mailbox_max_bytes: int = Field(
        26_214_400, ge=10_000, description="Largest mail fetched whole; of more only the beginning."
    )
    session_seconds: int = Field(14 * 86_400, ge=300, description="A session ends unused after it.")
    console_grace_seconds: int = Field(
        45, ge=5, description="How long a lost console keeps its agent's presence."
    )
    upload_max_bytes: int = Field(26_214_400, ge=1024, description="Largest file of a reply.")
    keys: SecretStr = Field(
        SecretStr(""), description="id:base64 of 32 bytes, comma separated, newest first."
    )
    log_format: Literal["console", "json"] = Field("console", description="console or json.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged: debug, info, warning or error."
    )

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("postgres", "postgresql", "asyncpg", "sqlite"):
            raise ValueError("must be postgres://… (or empty for SQLite in the data folder)")
        return value.replace("postgresql://", "postgres://", 1)

    @field_validator("public_url")
    @classmethod
    def _public_url_is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
            raise ValueError("must be http(s)://host[:port] with no path")
        return value.rstrip("/")

    @property
    def uses_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).netloc

    @property
    def blob_dir(self) -> Path:
        return self.data_dir / "blobs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = os.environ.get(CONFIG_FILE_VARIABLE)
        path = Path(named or DEFAULT_CONFIG_FILE)
        if named and not path.is_file():
            raise ConfigurationError(
                f"{CONFIG_FILE_VARIABLE} names {named}, which is no file. Create it or unset the "
                "variable."
            )
        try:
            file = TomlConfigSettingsSource(
                settings_cls, toml_file=path if path.is_file() else None
            )
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{path} is not TOML: {error}. Mend that line.") from None
        return init_settings, env_settings, file


def load_settings(**overrides: object) -> Settings:
    """Read the settings; raise ConfigurationError naming each bad one and what it must be."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # checked by pydantic itself
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ConfigurationError(f"The settings are not usable: {faults}") from None
