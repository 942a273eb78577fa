"""Does a domain's SPF record allow a relay (RFC 7208)? As far as one can tell before sending.

Large providers send from other addresses than their relay has: for them it is enough that the
record includes the provider's own.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Protocol

MOST_LOOKUPS = 10  # §4.6.4


class SpfVerdict(StrEnum):
    ALLOWED = "allowed"
    NOT_ALLOWED = "not_allowed"
    TOO_MANY_LOOKUPS = "too_many_lookups"


class SpfLookup(Protocol):
    async def txt(self, name: str) -> list[str]: ...

    async def mx(self, name: str) -> list[str]: ...

    async def addresses(self, name: str) -> list[str]: ...


class _TooManyLookups(Exception):
    pass


async def allows(
    domain: str, addresses: Collection[str], lookup: SpfLookup, include: str = ""
) -> SpfVerdict:
    """Judge by the addresses of the relay, or by `include`, the domain that stands for it."""
    walk = _Walk(frozenset(addresses), lookup, include.lower())
    try:
        allowed = await walk.passes(domain)
    except _TooManyLookups:
        return SpfVerdict.TOO_MANY_LOOKUPS
    return SpfVerdict.ALLOWED if allowed else SpfVerdict.NOT_ALLOWED


class _Walk:
    """One evaluation: it counts the lookups that a receiver would need."""

    def __init__(self, addresses: frozenset[str], lookup: SpfLookup, include: str) -> None:
        self._addresses = addresses
        self._lookup = lookup
        self._include = include
        self._lookups = 0

    async def passes(self, domain: str) -> bool:
        terms = _terms(await self._lookup.txt(domain))
        for term in terms:
            if term[0] in "-~?":
                continue
            if await self._matches(term.lstrip("+"), domain):
                return True
        redirect = next((t.partition("=")[2] for t in terms if t.startswith("redirect=")), "")
        if redirect and "%" not in redirect:
            return await self._follow(redirect)
        return False

    async def _matches(self, mechanism: str, domain: str) -> bool:
        name, _, value = mechanism.partition(":")
        if name in ("ip4", "ip6"):
            return _within(value, self._addresses)
        if "%" in value:  # macros depend on the mail
            return False
        if name == "include":
            return await self._follow(value)
        kind, _, prefix = name.partition("/")
        if kind not in ("a", "mx"):
            return False
        host, _, length = value.partition("/")
        return await self._resolves(kind, host or domain, prefix or length)

    async def _follow(self, domain: str) -> bool:
        self._count()
        if domain.rstrip(".") == self._include:
            return True
        return await self.passes(domain)

    async def _resolves(self, kind: str, name: str, prefix: str) -> bool:
        self._count()
        hosts = await self._lookup.mx(name) if kind == "mx" else [name]
        length = f"/{prefix.split('/', maxsplit=1)[0]}" if prefix else ""
        for host in hosts[:MOST_LOOKUPS]:
            for address in await self._lookup.addresses(host):
                ranged = f"{address}{length}" if ":" not in address else address
                if _within(ranged, self._addresses):
                    return True
        return False

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise _TooManyLookups


def _terms(records: Sequence[str]) -> list[str]:
    """The terms of the one SPF record, lower case; [] if there is none, or more than one."""
    found = [record.lower().split() for record in records]
    spf = [terms[1:] for terms in found if terms[:1] == ["v=spf1"]]
    return spf[0] if len(spf) == 1 else []


def _within(written: str, addresses: Collection[str]) -> bool:
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        return False
    return any(
        ip_address(one).version == network.version and ip_address(one) in network
        for one in addresses
    )
