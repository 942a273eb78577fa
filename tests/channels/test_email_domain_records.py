"""What a name server says of our domain, told in words that say what to do."""

from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from servicedesk.channels.email.dkim_signing import public_record
from servicedesk.channels.email.dns_lookup import DnsLookup
from servicedesk.channels.email.domain_records import Record, SendingDomain, examine_domain
from servicedesk.channels.email.settings import DkimSettings
from servicedesk.domain.errors import Unavailable
from tests.fakes.dns_server import Zone, dns_server, txt
from tests.services.processes import free_port

DOMAIN, RELAY = "desk.example", "mail.relay.example"
KEY = (
    rsa.generate_private_key(65_537, 2_048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
DKIM = DkimSettings(domain=DOMAIN, selector="s1", private_key=SecretStr(KEY))
RELAY_ADDRESS = f"{RELAY}. 60 IN A 192.0.2.10"


async def examine(records: Sequence[str], sending: SendingDomain) -> dict[str, Record]:
    with dns_server(Zone("\n".join([RELAY_ADDRESS, *records]))) as port:
        found = await examine_domain(sending, DnsLookup(["127.0.0.1"], port))
    return {record.name: record for record in found}


async def test_domain_that_is_set_up_is_fine_throughout() -> None:
    found = await examine(
        [
            f"{DOMAIN}. 60 IN MX 20 mx2.{DOMAIN}.",
            f"{DOMAIN}. 60 IN MX 10 mx1.{DOMAIN}.",
            txt(DOMAIN, f"v=spf1 a:{RELAY} -all"),
            txt(f"s1._domainkey.{DOMAIN}", public_record(DKIM)),
            txt(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject; rua=mailto:x@desk.example"),
        ],
        SendingDomain(DOMAIN, RELAY, DKIM),
    )
    assert all(record.fine for record in found.values()), found
    assert found["MX"].words.endswith(f"mx1.{DOMAIN}, mx2.{DOMAIN}")


async def test_domain_of_which_dns_knows_nothing_is_told_what_to_publish() -> None:
    found = await examine([], SendingDomain(DOMAIN, RELAY, DKIM))
    assert not any(record.fine for record in found.values())
    assert "MX" in found["MX"].words
    assert f"v=spf1 a:{RELAY} ~all" in found["SPF"].words
    assert public_record(DKIM) in found["DKIM"].words
    assert f"_dmarc.{DOMAIN}" in found["DMARC"].words


@pytest.mark.parametrize(
    ("spf", "more", "fine"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", (), True),
        ("v=spf1 ip4:192.0.2.11 -all", (), False),
        ("v=spf1 -ip4:192.0.2.10 ~all", (), False),
        (f"v=spf1 MX:{RELAY} -all", (f"{RELAY}. 60 IN MX 1 {RELAY}.",), True),
        ("v=spf1 a:other.example/24 -all", ("other.example. 60 IN A 192.0.2.99",), True),
        ("v=spf1 include:in.example -all", (txt("in.example", "v=spf1 ip4:192.0.2.10"),), True),
        ("v=spf1 redirect=in.example", (txt("in.example", "v=spf1 ip4:192.0.2.10"),), True),
        ("v=spf1 include:%{d}.x.example exists:%{i}.y ip6:oops -all", (), False),
        (f"v=spf1 include:{DOMAIN} -all", (), False),  # includes itself, for ever
        ("v=spf1 ip4:192.0.2.10 +all", (), False),
        ("v=spf1 all", (), False),
        ("v=spf10 ip4:192.0.2.10", (), False),
    ],
)
async def test_spf_is_judged_by_where_the_relay_is(
    spf: str, more: tuple[str, ...], fine: bool
) -> None:
    found = await examine([txt(DOMAIN, spf), *more], SendingDomain(DOMAIN, RELAY))
    assert found["SPF"].fine is fine, found["SPF"].words


async def test_two_spf_records_are_as_bad_as_none() -> None:
    records = [txt(DOMAIN, "v=spf1 ip4:192.0.2.10 -all"), txt(DOMAIN, "v=spf1 -all")]
    found = await examine(records, SendingDomain(DOMAIN, RELAY))
    assert "Merge them" in found["SPF"].words


async def test_spf_with_too_many_lookups_says_so() -> None:
    chain = [txt(f"n{n}.example", f"v=spf1 include:n{n + 1}.example -all") for n in range(15)]
    records = [txt(DOMAIN, "v=spf1 include:n0.example -all"), *chain]
    found = await examine(records, SendingDomain(DOMAIN, RELAY))
    assert "10 lookups" in found["SPF"].words


async def test_relay_of_a_known_provider_is_allowed_by_its_own_include() -> None:
    gmail = "smtp.gmail.com. 60 IN A 192.0.2.77"
    sending = SendingDomain(DOMAIN, "smtp.gmail.com")
    missing = await examine([gmail, txt(DOMAIN, "v=spf1 -all")], sending)
    there = await examine([gmail, txt(DOMAIN, "v=spf1 include:_spf.google.com ~all")], sending)
    assert "include:_spf.google.com" in missing["SPF"].words
    assert there["SPF"].fine


@pytest.mark.parametrize(
    ("published", "words"),
    [("v=DKIM1; k=rsa; p=AAAA", "has another key"), ("v=DKIM1; p=", "is missing")],
)
async def test_other_key_in_dns_is_told(published: str, words: str) -> None:
    records = [txt(f"s1._domainkey.{DOMAIN}", published)]
    found = await examine(records, SendingDomain(DOMAIN, RELAY, DKIM))
    assert not found["DKIM"].fine
    assert words in found["DKIM"].words


async def test_signature_for_another_domain_is_not_aligned() -> None:
    records = [txt(f"s1._domainkey.{DOMAIN}", public_record(DKIM))]
    found = await examine(records, SendingDomain("other.example", RELAY, DKIM))
    assert "DMARC does not count" in found["DKIM"].words


@pytest.mark.parametrize(
    ("records", "fine"),
    [
        ([txt("_dmarc.desk.example", "v=DMARC1; p=none")], True),
        ([txt("_dmarc.desk.example", "v=DMARC1; p=reject; sp=none")], True),
        ([txt("_dmarc.desk.example", "v=DMARC1; p=perhaps")], False),
        ([txt("_dmarc.sub.desk.example", f"v=DMARC1;p={p}") for p in ("none", "reject")], False),
        ([txt("_dmarc.example", "v=DMARC1; p=none")], False),
    ],
)
async def test_dmarc_is_found_upward_but_not_at_the_top(records: list[str], fine: bool) -> None:
    found = await examine(records, SendingDomain(f"sub.{DOMAIN}", RELAY))
    assert found["DMARC"].fine is fine, found["DMARC"].words


async def test_dns_that_does_not_answer_is_said_so() -> None:
    with pytest.raises(Unavailable, match="resolver"):
        await DnsLookup(["127.0.0.1"], free_port(), seconds=0.2).txt(DOMAIN)
