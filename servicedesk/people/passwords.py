"""Passwords: argon2id hashes, made in a thread, and the rule of what is too weak."""

import asyncio
import re
from collections.abc import Sequence
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from servicedesk.domain.errors import BadInput

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
FEWEST_DIFFERENT_CHARACTERS = 5

# fmt: off
COMMON_WORDS = frozenset({
    "abc", "abcdef", "abcdefgh", "abcdefghij", "admin", "administrador", "administrator",
    "asdfgh", "asdfghjkl", "autumn", "azerty", "baseball", "batman", "changeme", "company",
    "default", "dragon", "football", "guest", "helpdesk", "iloveyou", "letmein", "login",
    "master", "monkey", "passw0rd", "password", "passwort", "princess", "qazwsx", "qwerty",
    "qwertyuiop", "qwertz", "root", "secret", "servicedesk", "shadow", "spring", "summer",
    "sunshine", "superman", "support", "test", "testing", "trustno", "user", "welcome",
    "willkommen", "winter", "woaini", "zxcvbn", "zxcvbnm",
})
# fmt: on
"""What the letters of a password must not spell alone, whatever digits and signs surround them."""

_hasher = PasswordHasher()  # argon2-cffi's default: RFC 9106, the profile for little memory


class WeakPassword(BadInput):
    code = "weak-password"


def check_password(password: str, about: Sequence[str] = ()) -> None:
    """Raise WeakPassword for one that is guessed early.

    `about`: words that belong to its owner (name, e-mail address, company).
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(
            f"The password has {len(password)} characters; it needs {SHORTEST_PASSWORD} to "
            f"{LONGEST_PASSWORD}."
        )
    letters = re.sub(r"[\W\d_]+", "", password.lower())
    own_words = {word for text in about for word in re.split(r"[\W_]+", text.lower()) if word}
    if len(set(password)) < FEWEST_DIFFERENT_CHARACTERS:
        raise WeakPassword("The password repeats the same few characters. Take a longer sentence.")
    if not letters or letters in COMMON_WORDS | own_words:
        raise WeakPassword(
            "The password is only digits, a common word or a name of yours, and such are tried "
            "first. Take a few words that do not belong together."
        )


async def hash_password(password: str) -> str:
    """Return the argon2id hash, in its text form with parameters and salt."""
    return await asyncio.to_thread(_hasher.hash, password)


async def is_right_password(password: str, password_hash: str | None) -> bool:
    """Say whether the password fits; None (no such user) takes as long as a wrong password."""
    fits = await asyncio.to_thread(_verify, password_hash or _hash_of_nobody(), password)
    return fits and password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    """Say whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _hasher.hash("nobody has this password")
