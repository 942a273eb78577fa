"""Authentication-Results (RFC 8601): does a host that is trusted vouch for the sender's domain?

Anybody can write this header; only what a named host wrote on the way in counts. That host takes
forged ones of its own name away (§5); as a second fence only what stands above the sender's own
headers is read, as far as Received lines tell where those begin.
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
RECEIVED_BY = re.compile(r"(?<!\S)by\s+(?=([^\s;]+))", re.IGNORECASE)
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
    host, *clauses = _without_comments(value).split(";")
    words = host.split()
    return (words[0].lower() if words else ""), tuple(_results(clauses))


def _without_comments(value: str) -> str:
    bare = value[:LONGEST]
    for _ in range(3):  # comments may nest
        bare = COMMENT.sub(" ", bare)
    return bare


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
    results = _trusted_results(headers, frozenset(host.lower() for host in trusted_hosts))
    for result in results:
        if result.method == "dmarc" and result.verdict in ("pass", *FAILED):
            return result.verdict == "pass" and result.domain in ("", domain)
    if any(one.verdict == "pass" and _is_aligned(one.domain, domain) for one in results):
        return True
    return False if any(one.verdict in (*FAILED, "pass") for one in results) else None


def _trusted_results(
    headers: Sequence[tuple[str, bytes]], trusted: frozenset[str]
) -> list[AuthenticationResult]:
    found: list[AuthenticationResult] = []
    for name, value in believed_headers(headers, trusted):
        if found and name == "received":
            break
        if name == HEADER:
            host, results = read_results(to_text(value))
            found.extend(results if host in trusted else ())
    return found


def believed_headers(
    headers: Sequence[tuple[str, bytes]], trusted: frozenset[str]
) -> Iterator[tuple[str, bytes]]:
    """The headers from the top down to those that a foreign host, or the sender, may have written.

    A trusted host writes its Received and, above or right below it, its results: the next Received
    ends them. Hosts beside it (`imap.` and `mx.` of one domain) may have passed the mail on; the
    first Received of another domain ends all. `trusted`: their names in lower case.
    """
    passed = False
    for name, value in headers:
        if name == "received":
            hosts = _received_by(value)
            if passed or any(_is_foreign(host, trusted) for host in hosts):
                return
            passed = any(_is_of(host, one) for host in hosts for one in trusted)
        yield name, value


def _received_by(value: bytes) -> list[str]:
    """Names after "by"; a program that calls itself "by" cannot hide the one that wrote it."""
    bare = _without_comments(to_text(value))
    return [host.lower().rstrip(".") for host in RECEIVED_BY.findall(bare)]


def _is_of(host: str, trusted: str) -> bool:
    return host == trusted or host.endswith(f".{trusted}")


def _is_foreign(host: str, trusted: frozenset[str]) -> bool:
    """Is it a name, and in no domain of a trusted host? Some write an address or a bare name."""
    if "." not in host or not host.rpartition(".")[2].isalpha():
        return False
    return not any(_is_of(host, one) or _is_of(host, one.partition(".")[2]) for one in trusted)


def _is_aligned(one: str, other: str) -> bool:
    """Relaxed alignment (RFC 7489 §3.1) without the list of public suffixes: within each other.

    A single label ("com") is nobody's domain.
    """
    if "." not in one or "." not in other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
