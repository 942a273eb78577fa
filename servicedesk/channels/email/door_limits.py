"""How much one client, and one sender, may ask of the receiver. Pure: the caller tells the time.

Rates are token buckets: an hour's worth may come at once, then as much as flows in. Nobody is
turned away for good: every refusal is a 4xx, and the other side tries again by itself. What is
remembered is bounded; who is forgotten starts with a full bucket.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from servicedesk.kernel.config import THIS_MACHINE

MOST_REMEMBERED = 20_000
HOUR_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Per hour, and how many connections at once. `trusted` clients, such as the company's own mail
    server through which everything comes, have no limit but that of all connections together."""

    mails_per_client: int = 1_200
    mails_per_sender: int = 300
    unknown_recipients_per_client: int = 60
    connections_per_client: int = 20
    connections: int = 200
    trusted: Sequence[IPv4Network | IPv6Network] = THIS_MACHINE


class _Buckets:
    """One bucket for each key, of `size`, filled again within an hour."""

    def __init__(self, size: int) -> None:
        self._size = float(size)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def has(self, key: str, now: float) -> bool:
        return self._level(key, now) >= 1

    def take(self, key: str, now: float) -> None:
        self._left[key] = (max(self._level(key, now) - 1, 0.0), now)
        self._left.move_to_end(key)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)

    def _level(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (self._size, now))
        return min(left + (now - at) * self._size / HOUR_SECONDS, self._size)


class DoorLimits:
    """Counts what clients do; each question is answered with None or the refusal to give."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._connected: dict[str, int] = {}
        self._by_client = _Buckets(limits.mails_per_client)
        self._by_sender = _Buckets(limits.mails_per_sender)
        self._unknown = _Buckets(limits.unknown_recipients_per_client)

    def connect(self, peer: str, now: float) -> str | None:
        """Count a connection, refused or not: whoever asks also calls `disconnect`."""
        client = client_of(peer)
        self._connected[client] = self._connected.get(client, 0) + 1
        if sum(self._connected.values()) > self._limits.connections:
            return "421 4.3.2 Too many connections, try again later"
        if self._is_trusted(peer):
            return None
        if self._connected[client] > self._limits.connections_per_client:
            return "421 4.7.0 Too many connections from your address, try again later"
        if not self._unknown.has(client, now):
            return "421 4.7.1 Too many unknown recipients from your address, try again later"
        return None

    def disconnect(self, peer: str) -> None:
        client = client_of(peer)
        left = self._connected.get(client, 0) - 1
        if left > 0:
            self._connected[client] = left
        else:
            self._connected.pop(client, None)

    def begin_mail(self, peer: str, sender: str, now: float) -> str | None:
        """May this client send a mail in this name? `sender` "" is the null sender: not limited by
        itself, for it is everybody's. Names are counted for each client: anybody can write one, and
        whoever floods in a customer's name does not lock the customer out."""
        if self._is_trusted(peer):
            return None
        if not self._by_client.has(client_of(peer), now):
            return "450 4.7.1 Too many mails from your address, try again later"
        if sender and not self._by_sender.has(_name_of(peer, sender), now):
            return "450 4.7.1 Too many mails from this sender, try again later"
        return None

    def count_mail(self, peer: str, sender: str, now: float) -> None:
        """A mail was taken."""
        if self._is_trusted(peer):
            return
        self._by_client.take(client_of(peer), now)
        if sender:
            self._by_sender.take(_name_of(peer, sender), now)

    def count_unknown(self, peer: str, now: float) -> str | None:
        """Somebody was named whom nobody here knows; guessing addresses ends soon."""
        if self._is_trusted(peer):
            return None
        client = client_of(peer)
        self._unknown.take(client, now)
        if self._unknown.has(client, now):
            return None
        return "421 4.7.1 Too many unknown recipients from your address, try again later"

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(
            address.version == network.version and address in network
            for network in self._limits.trusted
        )


def _name_of(peer: str, sender: str) -> str:
    return f"{client_of(peer)} {sender.lower()}"


def client_of(peer: str) -> str:
    """Who is one client: an IPv4 address, or the /64 of an IPv6 one, which is one customer's."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, 64), strict=False))
