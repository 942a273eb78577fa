"""What holds for every channel: its parser survives anything, its messages come back whole."""

import ssl
from collections.abc import Mapping

import pytest

from servicedesk.channels.email.channel import EmailChannel
from servicedesk.channels.email.letters import Letters
from servicedesk.channels.email.oauth import AccessTokens
from servicedesk.channels.email.receiver import ReceiverSettings, start_receiver
from servicedesk.channels.email.relays import Relays
from servicedesk.channels.email.sender import Relay
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.channels.protocol import Channel, Origin, ParseFailed
from servicedesk.domain.messages import DeliveryState, Outbound, OutboundAttachment
from servicedesk.kernel.http.outgoing import Outgoing
from tests.channels.doors import Door
from tests.fakes.mail import INBOX, MARKS, NOW, TICKET, make_outbound

CONTENTS: Mapping[str, bytes] = {"sha-a": b"\x00\xff content"}


async def read_blob(sha256: str) -> bytes:
    return CONTENTS[sha256]


def make_channel(port: int) -> Channel:
    relay = Relay("127.0.0.1", port, security="none", timeout_seconds=5)
    relays = Relays(relay, AccessTokens(Outgoing(), lambda: NOW), ssl.create_default_context())
    return EmailChannel(MARKS, Letters(MARKS, read_blob, lambda: NOW), relays)


GARBAGE = [
    b"",
    b"\x00" * 1_000,
    b"\xff\xfe\xfd",
    b"\n" * 10_000,
    b":" * 10_000,
    b"From: a@x\n\n",
    b"From: a@x\nContent-Type: multipart/mixed; boundary=\n\n----\n----",
    b"From: a@x\nContent-Type: text/plain; charset=\xff\n\n\xff",
    b"From: a@x\nContent-Type: message/rfc822\n\n" * 200,
    b"From: a@x\nContent-Transfer-Encoding: base64\n\n====",
    "From: a@x\nSubject: \ud800".encode("utf-8", "surrogatepass"),
]


@pytest.mark.parametrize("raw", GARBAGE)
def test_parser_answers_garbage_with_a_message_or_parse_failed(raw: bytes) -> None:
    try:
        inbound = make_channel(1).parse(raw, Origin(INBOX, NOW, {}))
    except ParseFailed:
        return
    assert inbound.external_id
    assert len(inbound.content_hash) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"subject": "Größe 尺寸 📦", "text": "Zeile\n\nZwei 尺寸"},
        {"html": "<p>It is <b>on</b> its way.</p>"},
        {"attachments": (OutboundAttachment("Größe.pdf", "application/pdf", "sha-a", 10),)},
        {"text": "From here\n.\n..dots\n" + "long " * 500 + "end"},
        {"references": ("first@x", "second@x"), "in_reply_to": "second@x"},
    ],
)
async def test_message_comes_back_whole(changes: dict[str, object], door: Door) -> None:
    """Sent through the real sender to a real receiver, then parsed."""
    settings = ReceiverSettings("127.0.0.1", 0, 1_000_000)
    receiver = await start_receiver(settings, door.accept, door.knows)
    channel = make_channel(receiver.port)
    outbound: Outbound = make_outbound(**changes)
    try:
        receipt = await channel.send(outbound, EmailInboxSettings())
    finally:
        await receiver.close()

    assert receipt.state is DeliveryState.SENT
    (_, raw, envelope) = door.accepted[0]
    inbound = channel.parse(raw, Origin(INBOX, NOW, envelope))
    assert inbound.subject == outbound.subject
    assert inbound.text == outbound.text.rstrip()
    assert inbound.external_id == outbound.external_id
    assert inbound.sender == outbound.from_address
    assert inbound.in_reply_to == outbound.in_reply_to
    assert inbound.references == outbound.references
    assert [(file.filename, file.content) for file in inbound.attachments] == [
        (file.filename, CONTENTS[file.sha256]) for file in outbound.attachments
    ]


async def test_answer_of_a_contact_names_its_ticket_three_times(door: Door) -> None:
    channel = make_channel(1)
    sent_id = channel.new_external_id(TICKET, make_outbound().message_id, "support@desk.example")
    marked = MARKS.reply_address("support@desk.example", TICKET)
    raw = (
        f"From: Ann <ann@x.example>\r\nTo: Support <{marked}>\r\nIn-Reply-To: <{sent_id}>\r\n"
        f"References: <older@x> <{sent_id}>\r\nSubject: Re: My order\r\n\r\nThanks"
    ).encode()
    inbound = channel.parse(raw, Origin(INBOX, NOW, {}))
    assert [(token.ticket_id, token.found_in) for token in inbound.tokens] == [
        (TICKET, "reply_address"),
        (TICKET, "in_reply_to"),
        (TICKET, "references"),
    ]
    assert inbound.references == ("older@x", sent_id)
