"""Authentication-Results (RFC 8601): does a host that is trusted vouch for the sender's domain?

Anybody can write this header; only what a named host wrote on the way in counts. That host takes
forged ones of its own name away (§5); as a second fence only the newest stretch of its headers is
read, down to the next Received.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from servicedesk.channels.email.headers import to_text

HEADER = "authentication-results"
COMMENT = re.compile(r"\([^()]*\)")
RESULT = re.compile(r"^\s*(dmarc|dkim|spf)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
PROPERTY = re.compile(
    r"\b(header\.(?:d|i|from)|smtp\.(?:mailfrom|helo))\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE
)
LONGEST = 5_000
FAILED = ("fail", "softfail", "permerror", "policy")


@dataclass(frozen=True, slots=True)
class AuthenticationResult:
    """One method's verdict: "dkim", "pass", and the domain it is about ("" if not told)."""

    method: str
    verdict: str
    domain: str


def read_results(value: str) -> tuple[str, tuple[AuthenticationResult, ...]]:
    """(authserv-id, results) of one header; the id is lower case."""
    bare = value[:LONGEST]
    for _ in range(3):  # comments may nest
        bare = COMMENT.sub(" ", bare)
    host, *clauses = bare.split(";")
    words = host.split()
    return (words[0].lower() if words else ""), tuple(_results(clauses))


def _results(clauses: Sequence[str]) -> Iterator[AuthenticationResult]:
    for clause in clauses:
        found = RESULT.match(clause)
        if found is None:
            continue
        method = found[1].lower()
        told = {name.lower(): value for name, value in PROPERTY.findall(clause)}
        names = {
            "dmarc": ("header.from", "header.d"),
            "dkim": ("header.d", "header.i"),
            "spf": ("smtp.mailfrom",),
        }[method]
        written = next((told[name] for name in names if name in told), "")
        domain = written.rpartition("@")[2].strip("<>").rstrip(".").lower()
        yield AuthenticationResult(method, found[2].lower(), domain)


def is_authenticated(
    headers: Sequence[tuple[str, bytes]], trusted_hosts: Collection[str], address: str
) -> bool | None:
    """True: DMARC passed, or DKIM or SPF for the domain of `address` or one above or below it.

    False: a trusted host looked and it did not. None: no trusted host says anything.
    """
    domain = address.rpartition("@")[2].lower()
    results = _trusted_results(headers, {host.lower() for host in trusted_hosts})
    for result in results:
        if result.method == "dmarc" and result.verdict in ("pass", *FAILED):
            return result.verdict == "pass" and result.domain in ("", domain)
    if any(one.verdict == "pass" and _is_aligned(one.domain, domain) for one in results):
        return True
    return False if any(one.verdict in (*FAILED, "pass") for one in results) else None


def _trusted_results(
    headers: Sequence[tuple[str, bytes]], trusted: Collection[str]
) -> list[AuthenticationResult]:
    found: list[AuthenticationResult] = []
    for name, value in headers:
        if found and name == "received":
            break
        if name == HEADER:
            host, results = read_results(to_text(value))
            found.extend(results if host in trusted else ())
    return found


def _is_aligned(one: str, other: str) -> bool:
    """Relaxed alignment (RFC 7489 §3.1) without the list of public suffixes: within each other.

    A single label ("com") is nobody's domain.
    """
    if "." not in one or "." not in other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
