"""Asks DNS, by the machine's resolver or by name servers that are named."""

from collections.abc import Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver

from servicedesk.domain.errors import Unavailable

SECONDS = 5.0


class DnsLookup:
    """`servers` () asks the machine's own resolver; `port` is theirs."""

    def __init__(
        self, servers: Sequence[str] = (), port: int = 53, *, seconds: float = SECONDS
    ) -> None:
        self._servers = list(servers)
        self._port = port
        self._seconds = seconds
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def txt(self, name: str) -> list[str]:
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in await self._ask(name, "TXT")
        ]

    async def mx(self, name: str) -> list[str]:
        """Return the hosts, most preferred first; ["."] says that no mail is taken (RFC 7505)."""
        records = sorted(await self._ask(name, "MX"), key=lambda record: record.preference)
        return [str(record.exchange).rstrip(".") or "." for record in records]

    async def addresses(self, name: str) -> list[str]:
        return [record.address for kind in ("A", "AAAA") for record in await self._ask(name, kind)]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            answer = await self._get_resolver().resolve(name, kind, lifetime=self._seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise Unavailable(
                f"DNS does not answer for {name} ({type(error).__name__}). Check this machine's "
                "network and its resolver."
            ) from None
        return list(answer)

    def _get_resolver(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                self._resolver.nameservers = list(self._servers)
                self._resolver.port = self._port
        return self._resolver
