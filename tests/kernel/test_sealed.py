"""Secrets in settings: sealed in the row, never shown, kept only for whom they were entered."""

import json

import pytest
from pydantic import BaseModel, SecretStr

from servicedesk.domain.errors import BadInput
from servicedesk.kernel.sealed import Sealer, show_settings
from servicedesk.kernel.secrets import SealBroken, Secrets

NOTHING = SecretStr("")


class Door(BaseModel):
    host: str
    port: int = 25
    password: SecretStr = NOTHING


class Both(BaseModel):
    name: str = ""
    token: SecretStr = NOTHING
    inner: Door | None = None


SEALER = Sealer(Secrets({"a": bytes(range(32))}), "inbox:1")
STORED = SEALER.seal(
    Both(token=SecretStr("tok"), inner=Door(host="a.example", password=SecretStr("hunter2")))
)


def test_stored_settings_hold_no_secret_in_the_clear_and_open_again() -> None:
    assert "hunter2" not in json.dumps(STORED)
    opened = SEALER.open(STORED)
    assert opened["token"] == "tok"
    assert opened["inner"] == {"host": "a.example", "port": 25, "password": "hunter2"}


def test_shown_settings_say_only_that_a_secret_is_set() -> None:
    shown = show_settings(STORED | {"inner": SEALER.seal(Both(inner=Door(host="b")))["inner"]})
    assert shown == {"name": "", "token": True, "inner": {"host": "b", "port": 25}}


@pytest.mark.parametrize(
    ("owner", "place"), [("inbox:2", "inner"), ("inbox:1", "moved elsewhere in the settings")]
)
def test_secret_opens_only_in_its_own_place(owner: str, place: str) -> None:
    with pytest.raises(SealBroken):
        Sealer(SEALER.secrets, owner).open({place: STORED["inner"]})


@pytest.mark.parametrize(
    ("typed", "password"),
    [
        ({"host": "a.example", "port": 465}, "hunter2"),
        ({"host": "a.example", "password": None}, "hunter2"),
        ({"host": "a.example", "password": True}, "hunter2"),
        ({"host": "a.example", "password": "new"}, "new"),
        ({"host": "b.example", "password": "new"}, "new"),
        ({"host": "a.example", "password": ""}, ""),
    ],
)
def test_stored_secret_is_kept_unless_another_is_named(
    typed: dict[str, object], password: str
) -> None:
    whole = SEALER.keep({"inner": typed}, STORED, ["host"])
    assert whole["inner"]["password"] == password
    assert whole["token"] == "tok"


def test_stored_secret_is_not_told_to_another_host() -> None:
    with pytest.raises(BadInput, match=r"Enter inner\.password again"):
        SEALER.keep({"inner": {"host": "thief.example"}}, STORED, ["host"])


def test_section_that_is_switched_off_loses_its_secrets() -> None:
    assert SEALER.keep({"inner": None}, STORED, ["host"])["inner"] is None
