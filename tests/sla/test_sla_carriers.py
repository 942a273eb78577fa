"""Webhooks are called and users get their mails, over real sockets."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from ipaddress import ip_network

import pytest

from servicedesk.app.roles.carriers import call_webhook, mail_notice
from servicedesk.desk import notices
from servicedesk.kernel import webhooks
from servicedesk.kernel.http.outgoing import IpNetwork, Outgoing
from servicedesk.kernel.sql import as_uuid
from servicedesk.kernel.webhook_signatures import signed_headers, webhook_secrets
from tests.fakes.http_server import HttpServer, answering, http_server
from tests.fakes.smtp_sink import SmtpSink, smtp_sink
from tests.sla.promising import HOUR, Promising, target
from tests.stories.test_sending import with_relay

LOCAL = (ip_network("127.0.0.0/8"),)
SAM = {"do": "notify", "groups": ["supervisors"], "ways": ["email"]}


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with smtp_sink() as opened:
        yield opened


async def escalate(desk: Promising, action: Mapping[str, object]) -> None:
    ladder = [{"id": "due", "offset_seconds": 0, "actions": [action]}]
    await desk.promise(target("first_reply", HOUR), ladder=ladder)
    await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()


async def call_all(desk: Promising, allowed: Sequence[IpNetwork] = LOCAL) -> None:
    services = replace(desk.services, outgoing=Outgoing(allowed))
    for webhook in await webhooks.claim_webhooks(services.database, "test", 10, 60):
        await call_webhook(services, "test", webhook)


async def mail_all(desk: Promising, sink: SmtpSink) -> None:
    services = with_relay(desk.services, sink.port)
    for notice in await notices.claim_notices(services.database, "test", 10, 60):
        await mail_notice(services, "test", notice)


def hook(server: HttpServer) -> dict[str, object]:
    return {"do": "webhook", "url": f"http://127.0.0.1:{server.port}/sla"}


async def test_a_webhook_hears_what_escalated_and_no_words_of_the_contact(desk: Promising) -> None:
    async with http_server(lambda _: answering("204 No Content", b"")) as server:
        await escalate(desk, hook(server))
        await call_all(desk)
        await call_all(desk)
    (asked,) = server.asked
    body = json.loads(asked.body)
    assert asked.line == "POST /sla HTTP/1.1"
    assert (body["kind"], body["metric"], body["step"]) == ("sla.escalated", "first_reply", "due")
    assert "Refund" not in asked.body.decode()
    assert (await desk.row("SELECT state FROM webhook"))["state"] == "done"


async def test_a_webhook_can_check_that_the_call_is_ours(desk: Promising) -> None:
    async with http_server(lambda _: answering("204 No Content", b"")) as server:
        await escalate(desk, hook(server))
        await call_all(desk)
    (asked,) = server.asked
    (secret,) = webhook_secrets(desk.services.secrets, str(hook(server)["url"]))
    named = {name: asked.headers[name] for name in asked.headers if name.startswith("webhook-")}
    row = await desk.row("SELECT id FROM webhook")
    assert named == signed_headers([secret], str(as_uuid(row["id"])), desk.clock.time, asked.body)


async def test_a_webhook_that_fails_is_called_again_later(desk: Promising) -> None:
    answers = iter([answering("500 Oh", b""), answering("200 OK", b"")])
    async with http_server(lambda _: next(answers)) as server:
        await escalate(desk, hook(server))
        await call_all(desk)
        row = await desk.row("SELECT state, attempts, error FROM webhook")
        assert (row["state"], row["attempts"], row["error"]) == (
            "waiting",
            1,
            "It answered 500.",
        )
        await call_all(desk)  # not due yet
        desk.clock.advance(HOUR)
        await call_all(desk)
    assert [json.loads(asked.body)["id"] for asked in server.asked] == 2 * [
        json.loads(server.asked[0].body)["id"]
    ]
    assert (await desk.row("SELECT state FROM webhook"))["state"] == "done"


async def test_a_webhook_inside_our_own_network_is_never_called(desk: Promising) -> None:
    async with http_server(lambda _: answering("200 OK", b"")) as server:
        await escalate(desk, hook(server))
        await call_all(desk, allowed=())
    assert server.asked == []
    assert (await desk.row("SELECT state FROM webhook"))["state"] == "failed"


@pytest.mark.parametrize(("locale", "word"), [("en", "first reply"), ("zh-CN", "首次回复")])
async def test_a_user_is_mailed_in_their_language_and_time(
    desk: Promising, sink: SmtpSink, locale: str, word: str
) -> None:
    await desk.services.database.sql.execute(
        "UPDATE app_user SET locale = $2, time_zone = 'Asia/Shanghai' WHERE id = $1",
        desk.company.sam.user_id,
        locale,
    )
    await escalate(desk, SAM)
    await mail_all(desk, sink)
    mail = message_from_bytes(sink.mails[0].raw, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert sink.mails[0].recipients == ("sam@acme.example",)
    assert word in mail["Subject"]
    assert "2027-03-02 18:00" in mail["Subject"]
    assert "Refund" in body.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (await desk.row("SELECT state FROM notice"))["state"] == "done"


async def test_nobody_is_mailed_of_what_was_answered_meanwhile(
    desk: Promising, sink: SmtpSink
) -> None:
    await escalate(desk, SAM)
    ticket = await desk.row("SELECT ticket_id FROM escalation")
    await desk.answer(ticket["ticket_id"])
    await mail_all(desk, sink)
    assert sink.mails == []
    assert (await desk.row("SELECT state FROM notice"))["state"] == "done"


async def test_a_mail_waits_for_its_relay(desk: Promising, sink: SmtpSink) -> None:
    await escalate(desk, SAM)
    sink.answers["DATA"] = "451 later"
    await mail_all(desk, sink)
    row = await desk.row("SELECT state, attempts FROM notice")
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    sink.answers.clear()
    desk.clock.advance(HOUR)
    await mail_all(desk, sink)
    assert len(sink.mails) == 1
