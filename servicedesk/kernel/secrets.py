"""Keys of the installation: secrets sealed at rest, tokens signed, both naming the key they used.

Keys come from the setting `keys`, else from `keys.json` in the data folder, made at the first
start. The newest key writes, every key reads, so a key can be replaced while old mails live on.
Nothing is encrypted with such a key itself: each purpose has its own, derived by HKDF (RFC 5869).
"""

import base64
import binascii
import hmac
import json
import os
import re
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from servicedesk.domain.errors import ConfigurationError, ServicedeskError
from servicedesk.kernel.config import Settings

KEY_FILE = "keys.json"
KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D §5.2.1.1
FORMAT = "v1"
SHORTEST_MAC_BYTES = 8
KEY_ID = re.compile(r"[a-z0-9]{1,16}")  # it travels in mail addresses, whose case may get lost


class SealBroken(ServicedeskError):
    """A sealed value was changed, moved to another purpose, or its key is gone."""

    code = "seal-broken"


class Secrets:
    """The keys, by id, newest first."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.newest_id = next(iter(self._keys))

    def seal(self, content: bytes | str, purpose: str) -> str:
        """Encrypt; the result is ASCII and can be opened for the same purpose only."""
        plain = content.encode() if isinstance(content, str) else content
        header = f"{FORMAT}.{self.newest_id}"
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(self._derived(self.newest_id, "seal", purpose))
        closed = nonce + cipher.encrypt(nonce, plain, header.encode())
        return f"{header}.{base64.urlsafe_b64encode(closed).decode()}"

    def unseal(self, sealed: str, purpose: str) -> bytes:
        """Decrypt what `seal` made for this purpose; raise SealBroken otherwise."""
        header, _, body = sealed.rpartition(".")
        version, _, key_id = header.partition(".")
        if version != FORMAT or key_id not in self._keys:
            raise SealBroken(
                f"A secret for {purpose!r} was sealed with the key {key_id!r}, which is not among "
                f"{', '.join(self._keys)}. Put that key back behind the newest one."
            )
        cipher = AESGCM(self._derived(key_id, "seal", purpose))
        try:
            closed = base64.urlsafe_b64decode(body)
            return cipher.decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], header.encode())
        except (InvalidTag, ValueError, binascii.Error):
            raise SealBroken(
                f"A secret for {purpose!r} does not open: it was changed, or sealed for something "
                "else. Enter it again."
            ) from None

    def unseal_text(self, sealed: str, purpose: str) -> str:
        return self.unseal(sealed, purpose).decode()

    def sign(self, purpose: str, data: bytes, length: int = 32) -> tuple[str, bytes]:
        """Return (key id, the first `length` bytes of the HMAC-SHA256): 8 to 32 bytes."""
        if not SHORTEST_MAC_BYTES <= length <= sha256().digest_size:
            raise ValueError(f"a signature has {SHORTEST_MAC_BYTES} to 32 bytes, not {length}")
        return self.newest_id, self._mac(self.newest_id, purpose, data)[:length]

    def verify(self, purpose: str, key_id: str, mac: bytes, data: bytes) -> bool:
        """Did we sign the data for this purpose? Takes the same time for every wrong mac."""
        if key_id not in self._keys or len(mac) < SHORTEST_MAC_BYTES:
            return False
        return hmac.compare_digest(self._mac(key_id, purpose, data)[: len(mac)], mac)

    def shared(self, purpose: str) -> list[bytes]:
        """Return secrets to share with another party for this purpose, one for each key, newest
        first."""
        return [self._derived(key_id, "share", purpose) for key_id in self._keys]

    def _mac(self, key_id: str, purpose: str, data: bytes) -> bytes:
        return hmac.digest(self._derived(key_id, "sign", purpose), data, "sha256")

    def _derived(self, key_id: str, use: str, purpose: str) -> bytes:
        return _derive(self._keys[key_id], f"servicedesk {use} {purpose}")


@lru_cache(maxsize=256)
def _derive(key: bytes, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return derivation.derive(key)


def load_secrets(settings: Settings) -> Secrets:
    """Read the keys, making the first one if there are none; ConfigurationError if unusable."""
    written = settings.keys.get_secret_value()
    if written:
        return Secrets(parse_keys(written))
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        _make_key_file(path)
    return Secrets(_read_key_file(path))


def parse_keys(text: str) -> dict[str, bytes]:
    """Read "id:base64,id:base64", newest first. Errors name the key, never its bytes."""
    keys: dict[str, bytes] = {}
    for place, part in enumerate(text.split(","), start=1):
        key_id, colon, encoded = part.strip().partition(":")
        if not colon or not KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ConfigurationError(
                f"Key {place} of SERVICEDESK_KEYS has no id of its own: write id:base64, the id of "
                "1 to 16 lower case letters and digits, each once."
            )
        keys[key_id] = _key_bytes(key_id, encoded)
    return keys


def _key_bytes(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"The key {key_id!r} is not {KEY_BYTES} bytes in base64. Make one with "
            "`openssl rand -base64 32`."
        )
    return key


def _read_key_file(path: Path) -> dict[str, bytes]:
    try:
        rows = json.loads(path.read_text())["keys"]
        keys = {row["id"]: _key_bytes(row["id"], row["key"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} does not hold keys ({type(error).__name__}). Restore it from the backup: "
            "without it, stored passwords and links in sent mails are void."
        ) from None
    if not keys:
        raise ConfigurationError(f"{path} holds no key. Restore it from the backup.")
    return keys


def _make_key_file(path: Path) -> None:
    """Write a first key, readable by us alone. Of two processes that start at once, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"id": os.urandom(3).hex(), "key": base64.b64encode(os.urandom(KEY_BYTES)).decode()}
    # mkstemp makes the file 0600 (tempfile documentation).
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump({"keys": [row]}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(made)
        _sync_folder(path.parent)
    except FileExistsError:
        return
    finally:
        Path(made).unlink()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
