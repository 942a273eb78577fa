"""Keys: sealed and signed for one purpose, read by every key there ever was."""

import base64
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.config import Settings, load_settings
from servicedesk.kernel.secrets import SealBroken, Secrets, load_secrets, parse_keys

OLD, NEW = bytes(range(32)), bytes(range(100, 132))


def base64_of(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_sealed_secret_opens_again_and_says_nothing() -> None:
    secrets = Secrets({"a": NEW})
    sealed = secrets.seal("hunter2", "inbox")
    assert secrets.unseal_text(sealed, "inbox") == "hunter2"
    assert sealed.startswith("v1.a.")
    assert "hunter2" not in sealed
    assert secrets.seal("hunter2", "inbox") != sealed


def test_replaced_key_still_reads_and_no_longer_writes() -> None:
    before, after = Secrets({"old": OLD}), Secrets({"new": NEW, "old": OLD})
    sealed, (key_id, mac) = before.seal("x", "inbox"), before.sign("reply", b"42")
    assert after.unseal_text(sealed, "inbox") == "x"
    assert after.verify("reply", key_id, mac, b"42")
    assert after.seal("x", "inbox").startswith("v1.new.")
    assert after.sign("reply", b"42")[0] == "new"


def test_secret_of_a_key_that_is_gone_says_which() -> None:
    sealed = Secrets({"old": OLD}).seal("x", "inbox")
    with pytest.raises(SealBroken, match="'old'"):
        Secrets({"new": NEW}).unseal(sealed, "inbox")


@pytest.mark.parametrize(
    ("spoil", "purpose"),
    [
        (lambda sealed: sealed[:-6] + "AAAAA=", "inbox"),
        (lambda sealed: sealed[:-8], "inbox"),
        (lambda sealed: sealed.replace("v1.a.", "v1.b."), "inbox"),
        (lambda sealed: sealed.replace("v1.", "v2."), "inbox"),
        (lambda _: "", "inbox"),
        (lambda _: "v1.a.", "inbox"),
        (lambda _: "v1.a.ü", "inbox"),
        (lambda sealed: sealed, "webhook"),
    ],
)
def test_spoiled_secret_does_not_open(spoil: Callable[[str], str], purpose: str) -> None:
    secrets = Secrets({"a": NEW, "b": OLD})
    with pytest.raises(SealBroken):
        secrets.unseal(spoil(secrets.seal("hunter2", "inbox")), purpose)


@pytest.mark.parametrize("length", [8, 10, 16, 32])
def test_signature_holds_for_its_data_and_purpose_only(length: int) -> None:
    secrets = Secrets({"a": NEW, "b": OLD})
    key_id, mac = secrets.sign("reply", b"42", length)
    assert len(mac) == length
    assert secrets.verify("reply", key_id, mac, b"42")
    assert not secrets.verify("reply", key_id, mac, b"43")
    assert not secrets.verify("message-id", key_id, mac, b"42")
    assert not secrets.verify("reply", "b", mac, b"42")
    assert not secrets.verify("reply", "c", mac, b"42")
    assert not secrets.verify("reply", key_id, bytes([mac[0] ^ 1]) + mac[1:], b"42")


def test_signature_cut_short_is_no_signature() -> None:
    secrets = Secrets({"a": NEW})
    _, mac = secrets.sign("reply", b"42")
    assert not any(secrets.verify("reply", "a", mac[:length], b"42") for length in range(8))


@pytest.mark.parametrize("length", [0, 7, 33])
def test_signature_of_a_useless_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="8 to 32"):
        Secrets({"a": NEW}).sign("reply", b"42", length)


def test_first_start_makes_a_key_file_that_only_we_may_read(bare_settings: Settings) -> None:
    first = load_secrets(bare_settings)
    path = bare_settings.data_dir / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(bare_settings.data_dir.iterdir()) == [path]
    again = load_secrets(bare_settings)
    assert again.unseal_text(first.seal("x", "inbox"), "inbox") == "x"


def test_processes_that_start_at_once_agree_on_the_key(bare_settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_secrets(bare_settings).newest_id, range(16)))
    assert len(set(found)) == 1


def test_keys_of_the_settings_go_before_the_file(bare_settings: Settings) -> None:
    text = f"new:{base64_of(NEW)}, old:{base64_of(OLD)}"
    settings = load_settings(data_dir=bare_settings.data_dir, keys=text)
    assert load_secrets(settings).newest_id == "new"
    assert not bare_settings.data_dir.exists()
    assert parse_keys(text) == {"new": NEW, "old": OLD}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (base64_of(NEW), "Key 1 of SERVICEDESK_KEYS"),
        (f"new:{base64_of(NEW[:31])}", "'new' is not 32 bytes"),
        ("new:not base64", "'new' is not 32 bytes"),
        (f"New:{base64_of(NEW)}", "Key 1 of SERVICEDESK_KEYS"),
        (f":{base64_of(NEW)}", "Key 1 of SERVICEDESK_KEYS"),
        (f"a:{base64_of(NEW)},a:{base64_of(OLD)}", "Key 2 of SERVICEDESK_KEYS"),
    ],
)
def test_unusable_keys_are_named_but_never_shown(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        parse_keys(text)
    assert base64_of(NEW) not in str(raised.value)


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"id": "a"}]}', "[1]"])
def test_spoiled_key_file_is_not_replaced(bare_settings: Settings, content: str) -> None:
    bare_settings.data_dir.mkdir()
    path = bare_settings.data_dir / "keys.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="backup"):
        load_secrets(bare_settings)
    assert path.read_text() == content


def test_key_file_is_plain_json_that_a_backup_can_hold(bare_settings: Settings) -> None:
    newest = load_secrets(bare_settings).newest_id
    rows = json.loads((bare_settings.data_dir / "keys.json").read_text())["keys"]
    assert [row["id"] for row in rows] == [newest]
    assert len(base64.b64decode(rows[0]["key"])) == 32
