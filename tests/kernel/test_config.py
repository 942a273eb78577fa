"""Settings: the environment, then one file, then what is written in the code."""

from pathlib import Path

import pytest

from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.config import load_settings
from servicedesk.kernel.database import connection_url


@pytest.fixture
def file(own_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "desk.toml"
    path.write_text("")
    monkeypatch.setenv("SERVICEDESK_CONFIG", str(path))
    return path


def test_environment_goes_before_the_file_and_the_file_before_the_code(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = 9000\nsmtp_port = 9025\nredis_url = "redis://file"')
    monkeypatch.setenv("SERVICEDESK_PORT", "9001")
    settings = load_settings()
    assert (settings.port, settings.smtp_port, settings.relay_port) == (9001, 9025, 587)
    assert settings.redis_url == "redis://file"


@pytest.mark.parametrize("name", ["DATABASE_URL", "SERVICEDESK_DATABASE_URL"])
def test_usual_names_of_hosting_services_work_too(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "postgres://host/desk")
    settings = load_settings()
    assert not settings.uses_sqlite
    assert connection_url(settings).startswith("postgres://host/desk?")


def test_what_the_code_passes_goes_before_everything(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("port = 9000")
    monkeypatch.setenv("SERVICEDESK_PORT", "9001")
    monkeypatch.setenv("DATABASE_URL", "postgres://host/desk")
    settings = load_settings(port=1, database_url="")
    assert (settings.port, settings.uses_sqlite) == (1, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port = 70000", "port"),
        ('public_url = "desk.example"', "must be http"),
        ('public_url = "https://desk.example/path"', "no path"),
        ("prot = 1", "prot"),
        ('log_format = "xml"', "log_format"),
        ('trusted_proxies = ["10.0.0.1/8"]', "trusted_proxies"),
    ],
)
def test_unusable_setting_is_named(file: Path, line: str, said: str) -> None:
    file.write_text(line)
    with pytest.raises(ConfigurationError, match=said):
        load_settings()


def test_file_that_is_named_but_absent_is_said(file: Path) -> None:
    file.unlink()
    with pytest.raises(ConfigurationError, match=r"names .*, which is no file"):
        load_settings()


def test_secrets_are_not_shown(file: Path) -> None:
    settings = load_settings(relay_password="hunter2", keys="a:abc")
    assert "hunter2" not in repr(settings)
    assert "abc" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "secure", "host"),
    [
        ("http://127.0.0.1:8000/", False, "127.0.0.1:8000"),
        ("https://desk.example", True, "desk.example"),
    ],
)
def test_public_address_decides_host_and_cookies(
    file: Path, url: str, secure: bool, host: str
) -> None:
    settings = load_settings(public_url=url)
    assert (settings.secure_cookies, settings.public_host) == (secure, host)
    assert not settings.public_url.endswith("/")


def test_sqlite_file_is_opened_with_the_pragmas_we_rely_on(file: Path, tmp_path: Path) -> None:
    url = connection_url(load_settings(data_dir=tmp_path / "a folder"))
    assert "/a%20folder/servicedesk.sqlite3?" in url
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        assert pragma in url
