"""What DNS says of a domain that we write from: MX, SPF, DKIM and DMARC, in words that say what
to do (RFC 5321 §5, 7208, 6376, 7489).

The envelope sender is the inbox's own address, so SPF is aligned wherever it passes; a signature of
the relay's for another domain is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from servicedesk.channels.email.dkim_signing import DkimKeyUnusable, public_record, record_name
from servicedesk.channels.email.providers import provider_of_relay
from servicedesk.channels.email.settings import DkimSettings
from servicedesk.channels.email.spf import SpfVerdict, allows


class Lookup(Protocol):
    """DNS. A name without such records has []; raises Unavailable when nobody answers."""

    async def txt(self, name: str) -> list[str]: ...

    async def mx(self, name: str) -> list[str]: ...

    async def addresses(self, name: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Record:
    """One finding: `fine` False says that mail suffers, and `words` what to do."""

    name: str
    fine: bool
    words: str


@dataclass(frozen=True, slots=True)
class SendingDomain:
    """`relay` is the host that carries the mail, "" while there is none."""

    domain: str
    relay: str = ""
    dkim: DkimSettings | None = None


async def examine_domain(sending: SendingDomain, lookup: Lookup) -> list[Record]:
    """Look all four up. Raises Unavailable when DNS does not answer."""
    return [
        await _mx(sending, lookup),
        await _spf(sending, lookup),
        await _dkim(sending, lookup),
        await _dmarc(sending, lookup),
    ]


async def _mx(sending: SendingDomain, lookup: Lookup) -> Record:
    hosts = await lookup.mx(sending.domain)
    if hosts in ([], ["."]):
        words = f"{sending.domain} has no MX record: mail to it does not arrive. Publish one."
        return _bad("MX", words)
    return _good("MX", f"mail to {sending.domain} goes to {', '.join(hosts[:3])}")


async def _spf(sending: SendingDomain, lookup: Lookup) -> Record:
    domain = sending.domain
    records = _tagged(await lookup.txt(domain), "v=spf1")
    if not records:
        return _bad("SPF", f"{domain} has no SPF record. {_spf_to_publish(sending)}")
    if len(records) > 1:
        words = f"{domain} has {len(records)} SPF records; receivers then ignore all. Merge them."
        return _bad("SPF", words)
    if any(term in ("all", "+all") for term in records[0].lower().split()):
        words = f"The SPF record of {domain} ends in +all, which lets everybody write from it. "
        return _bad("SPF", words + "End it in -all or ~all.")
    if not sending.relay:
        return _good("SPF", "published; no relay is set up yet")
    return await _spf_of_relay(sending, lookup)


async def _spf_of_relay(sending: SendingDomain, lookup: Lookup) -> Record:
    provider = provider_of_relay(sending.relay)
    include = provider.spf if provider else ""
    addresses = await lookup.addresses(sending.relay)
    verdict = await allows(sending.domain, addresses, lookup, include)
    if verdict is SpfVerdict.ALLOWED:
        return _good("SPF", f"allows {sending.relay}")
    if verdict is SpfVerdict.TOO_MANY_LOOKUPS:
        words = (
            f"The SPF record of {sending.domain} needs more than 10 lookups: receivers treat that "
            "as an error (RFC 7208 §4.6.4). Take includes out."
        )
        return _bad("SPF", words)
    words = f"The SPF record of {sending.domain} does not name {sending.relay}. "
    return _bad("SPF", words + _spf_to_publish(sending))


def _spf_to_publish(sending: SendingDomain) -> str:
    provider = provider_of_relay(sending.relay) if sending.relay else None
    if provider and provider.spf:
        return f"Put include:{provider.spf} into a TXT record: v=spf1 include:{provider.spf} ~all"
    if sending.relay:
        return (
            f"Put a:{sending.relay} into a TXT record (v=spf1 a:{sending.relay} ~all), or what the "
            "relay's operator tells you, if it sends from other addresses."
        )
    return "Publish one as soon as a relay is set up."


async def _dkim(sending: SendingDomain, lookup: Lookup) -> Record:
    settings = sending.dkim
    if settings is None:
        words = "no own key: the relay must sign for this domain; ask its operator"
        return _good("DKIM", words)
    try:
        wanted = public_record(settings)
    except DkimKeyUnusable as error:
        return _bad("DKIM", str(error))
    name = record_name(settings)
    published = [_tags(record).get("p", "") for record in await lookup.txt(name)]
    if not _covers(settings.domain, sending.domain):
        words = (
            f"Mail from {sending.domain} is signed for {settings.domain}, which DMARC does not "
            "count. Sign for the domain of the address."
        )
        return _bad("DKIM", words)
    if _tags(wanted)["p"] in published:
        return _good("DKIM", f"{name} has the key")
    found = "has another key" if any(published) else "is missing"
    return _bad("DKIM", f"{name} {found}. Publish this TXT record there: {wanted}")


async def _dmarc(sending: SendingDomain, lookup: Lookup) -> Record:
    for name in _upward(sending.domain):
        records = _tagged(await lookup.txt(f"_dmarc.{name}"), "v=dmarc1")
        if len(records) == 1:
            tags = _tags(records[0])
            policy = tags["sp"] if name != sending.domain and "sp" in tags else tags.get("p", "")
            if policy.lower() not in ("none", "quarantine", "reject"):
                words = f"_dmarc.{name} names no policy. Write p=none, p=quarantine or p=reject."
                return _bad("DMARC", words)
            return _good("DMARC", f"_dmarc.{name}: {policy.lower()}")
        if records:
            return _bad("DMARC", f"_dmarc.{name} has several records. Keep one.")
    words = (
        f"{sending.domain} has no DMARC record; large providers refuse or hide such mail. Publish "
        f"the TXT record _dmarc.{sending.domain}: v=DMARC1; p=none; rua=mailto:…"
    )
    return _bad("DMARC", words)


def _good(name: str, words: str) -> Record:
    return Record(name, fine=True, words=words)


def _bad(name: str, words: str) -> Record:
    return Record(name, fine=False, words=words)


def _upward(domain: str) -> Iterable[str]:
    """The domain and those above it, but no top-level domain: the tree walk of DMARC's successor,
    which needs no list of public suffixes."""
    labels = domain.split(".")[-8:]
    return [".".join(labels[place:]) for place in range(len(labels) - 1)]


def _covers(signing: str, sending: str) -> bool:
    """Relaxed alignment, as in `authentication`: one within the other."""
    return signing == sending or sending.endswith(f".{signing}") or signing.endswith(f".{sending}")


def _tagged(records: Iterable[str], start: str) -> list[str]:
    return [record for record in records if record.lower().split(";")[0].split()[:1] == [start]]


def _tags(record: str) -> dict[str, str]:
    """The tag=value list of DKIM and DMARC records; white space in a key does not count."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}
