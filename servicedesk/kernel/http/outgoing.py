"""The one client for HTTP to the outside: webhooks, tokens, remote pictures.

A person names the address, so it could be one inside our own network (server-side request forgery).
Every address that the name stands for is looked at, and the connection goes to one that was looked
at: a name that answers differently the second time gains nothing. Redirects are not followed, the
machine's proxy settings are not read.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from servicedesk.domain.errors import BadInput, Unavailable

TIMEOUT_SECONDS = 10.0
MOST_ANSWER_BYTES = 1_000_000
USER_AGENT = "servicedesk"
NAT64 = ip_network("64:ff9b::/96")
LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
"""Where a network translates to addresses of its own choice (RFC 8215): inside, whatever it is."""
COMPATIBLE = ip_network("::/96")

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class AddressRefused(BadInput):
    """The address leads into a private network."""

    code = "address-refused"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `seconds` is for all of it, from the name to the last byte of the answer."""

    method: str
    url: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `headers` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Outgoing:
    """Calls out. `allowed` are private networks that may be reached all the same."""

    def __init__(
        self,
        allowed: Sequence[IpNetwork] = (),
        *,
        resolve: Resolve | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve or resolve_by_system
        self._tls_context = tls_context or ssl.create_default_context()

    async def call(self, call: Call) -> Answer:
        """Ask once; any status is an answer.

        Raises AddressRefused, BadInput (no http address) and Unavailable (no answer in time, or one
        longer than `MOST_ANSWER_BYTES`).
        """
        url = _read_url(call.url)
        try:
            async with asyncio.timeout(call.seconds):
                address = await self._checked_address(url)
                return await self._ask(call, url, address)
        except (OSError, TimeoutError, UnicodeError, httpx2.HTTPError) as error:
            raise Unavailable(
                f"{url.host} does not answer ({type(error).__name__}). Try again later.",
                host=url.host,
            ) from None

    async def _checked_address(self, url: httpx2.URL) -> str:
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolve(url.host, port)
        if not found:
            raise Unavailable(f"The name {url.host} has no address.", host=url.host)
        if not all(may_reach(ip_address(one), self._allowed) for one in found):
            raise AddressRefused(
                f"{url.host} leads into a private network, which is not called. An operator can "
                "allow it in SERVICEDESK_OUTGOING_ALLOWED.",
                host=url.host,
            )
        return found[0]

    async def _ask(self, call: Call, url: httpx2.URL, address: str) -> Answer:
        """Connect to the address itself; the name stays in Host and in the certificate check."""
        own = {"host": url.netloc.decode("ascii"), "accept-encoding": "identity"}
        headers = {"user-agent": USER_AGENT, **call.headers, **own}
        request = httpx2.Request(
            call.method,
            url.copy_with(host=address),
            headers=headers,
            content=call.content,
            extensions={"sni_hostname": url.host, "timeout": _timeouts(call.seconds)},
        )
        transport = httpx2.AsyncHTTPTransport(verify=self._tls_context, trust_env=False)
        async with transport, httpx2.AsyncClient(transport=transport, trust_env=False) as client:
            response = await client.send(request, stream=True)
            content = await _read_bounded(response, url.host)
        return Answer(response.status_code, dict(response.headers), content)


def may_reach(address: IpAddress, allowed: Sequence[IpNetwork] = ()) -> bool:
    """Say whether the address belongs to the open internet, or to a network that is allowed."""
    inner = _inner(address)
    if any(one.version == network.version and one in network
           for one in (address, inner) for network in allowed):  # fmt: skip
        return True
    is_inside = isinstance(inner, IPv6Address) and (inner.is_site_local or inner in LOCAL_NAT64)
    return inner.is_global and not inner.is_multicast and not is_inside


def _inner(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 one stands for, where it does (RFC 4291, 3056, 6052); :: and
    ::1 stand for themselves."""
    if not isinstance(address, IPv6Address) or int(address) <= 1:
        return address
    if address in NAT64 or address in COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, best first, each once."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _read_url(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise BadInput("The address must begin with https:// (or http://) and name a host.")
    return url


def _timeouts(seconds: float) -> dict[str, float]:
    return dict.fromkeys(("connect", "read", "write", "pool"), seconds)


async def _read_bounded(response: httpx2.Response, host: str) -> bytes:
    """The bytes as sent: what is compressed all the same stays so, a small bomb stays small."""
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MOST_ANSWER_BYTES:
            raise Unavailable(f"The answer of {host} is too long.", host=host)
        chunks.append(chunk)
    return b"".join(chunks)
