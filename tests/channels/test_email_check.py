"""The live check against a real mailbox and a real relay, and what it says when they are wrong."""

import re
import ssl
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from servicedesk.channels.email.check import CheckedInbox, CheckTools, check_inbox
from servicedesk.channels.email.check_steps import CheckStep, StepName
from servicedesk.channels.email.check_words import WORDS, Finding, Outcome
from servicedesk.channels.email.mail import Envelope, read_mail
from servicedesk.channels.email.oauth import AccessTokens
from servicedesk.channels.email.providers import (
    PROVIDERS,
    Provider,
    provider_of_address,
    provider_of_relay,
)
from servicedesk.channels.email.relays import Relays
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.domain.messages import MailClass
from servicedesk.kernel.http.outgoing import Outgoing
from tests.fakes.http_server import answering, http_server
from tests.fakes.mail import INBOX, MARKS, NOW, SUPPORT
from tests.fakes.smtp_sink import SinkRules, make_certificate, smtp_sink
from tests.services.dovecot import DovecotServer
from tests.services.processes import free_port

FINE, FAILED, SKIPPED, WARNING = (
    Outcome.FINE,
    Outcome.FAILED,
    Outcome.SKIPPED,
    Outcome.WARNING,
)


def tools(trusting: ssl.SSLContext | None = None) -> CheckTools:
    async def never(_message_id: str) -> bool:
        return False

    tokens = AccessTokens(Outgoing([ip_network("127.0.0.0/8")]), lambda: NOW)
    relays = Relays(None, tokens, trusting or ssl.create_default_context())
    return CheckTools(relays, MARKS, never, lambda: NOW, 0.5, 0.05)


async def check(
    settings: dict[str, Any], with_tools: CheckTools, *, send_mail: bool = False
) -> dict[StepName, CheckStep]:
    inbox = CheckedInbox(INBOX, SUPPORT, EmailInboxSettings.model_validate(settings))
    steps = [step async for step in check_inbox(inbox, with_tools, send_mail=send_mail)]
    return {step.name: step for step in steps}


def outcomes(steps: dict[StepName, CheckStep]) -> dict[str, str]:
    return {name.value: step.outcome.value for name, step in steps.items()}


def mailbox(dovecot: DovecotServer, **changes: object) -> dict[str, object]:
    user = f"check-{uuid4().hex[:8]}"
    dovecot.deliver(user, [])
    return {
        "host": "127.0.0.1",
        "port": dovecot.tls_port,
        "username": user,
        "password": dovecot.password,
    } | changes


def trusting(dovecot: DovecotServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(dovecot.ca_file))


async def test_mailbox_that_is_set_up_well_is_fine_at_every_step(
    dovecot_server: DovecotServer,
) -> None:
    steps = await check({"imap": mailbox(dovecot_server)}, tools(trusting(dovecot_server)))
    assert {name: outcome for name, outcome in outcomes(steps).items() if "mailbox" in name} == {
        "mailbox_name": "fine",
        "mailbox_connect": "fine",
        "mailbox_tls": "fine",
        "mailbox_sign_in": "fine",
        "mailbox_folders": "fine",
    }
    assert "TLSv1" in steps[StepName.MAILBOX_TLS].words


@pytest.mark.parametrize(
    ("changes", "fails", "words"),
    [
        ({"host": "no-such-host.invalid"}, StepName.MAILBOX_NAME, "how it is written"),
        ({"port": "closed"}, StepName.MAILBOX_CONNECT, "Check the port"),
        ({"port": "plain"}, StepName.MAILBOX_TLS, "No TLS"),
        ({"password": "hunter2"}, StepName.MAILBOX_SIGN_IN, "does not accept"),
        ({"folders": ["INBOX", "Nowhere"]}, StepName.MAILBOX_FOLDERS, "There are: INBOX"),
    ],
)
async def test_first_step_that_fails_says_what_to_do_and_the_rest_is_skipped(
    dovecot_server: DovecotServer, changes: dict[str, object], fails: StepName, words: str
) -> None:
    ports = {"closed": free_port(), "plain": dovecot_server.port}
    if "port" in changes:
        changes = {"port": ports[str(changes["port"])]}
    imap = mailbox(dovecot_server, **changes)
    steps = await check({"imap": imap}, tools(trusting(dovecot_server)))
    chain = [step for step in steps.values() if step.name.value.startswith("mailbox")]
    place = [step.name for step in chain].index(fails)
    assert [step.outcome for step in chain[place:]] == [FAILED] + [SKIPPED] * (4 - place)
    assert words in chain[place].words
    assert "hunter2" not in str(steps)


async def test_certificate_that_nobody_vouches_for_is_told(dovecot_server: DovecotServer) -> None:
    steps = await check({"imap": mailbox(dovecot_server)}, tools())
    assert steps[StepName.MAILBOX_TLS].outcome is FAILED
    assert "SERVICEDESK_MAIL_CA_FILE" in steps[StepName.MAILBOX_TLS].words


async def test_unencrypted_mailbox_and_folders_to_be_made_are_warnings(
    dovecot_server: DovecotServer,
) -> None:
    imap = mailbox(
        dovecot_server,
        port=dovecot_server.port,
        security="none",
        handled="move",
        handled_folder="Done",
    )
    steps = await check({"imap": imap}, tools())
    assert steps[StepName.MAILBOX_TLS].outcome is WARNING
    assert steps[StepName.MAILBOX_FOLDERS].outcome is WARNING
    assert "Done" in steps[StepName.MAILBOX_FOLDERS].words


OAUTH = {"provider": "google", "client_id": "desk", "refresh_token": "hunter2"}


@pytest.mark.parametrize(("status", "outcome"), [("200 OK", FINE), ("400 Bad", FAILED)])
async def test_sign_in_by_token_tries_the_refresh_token(
    dovecot_server: DovecotServer, status: str, outcome: Outcome
) -> None:
    imap = mailbox(dovecot_server, sign_in="xoauth2", password="")
    token = dovecot_server.token(str(imap["username"]))
    said = f'{{"access_token": "{token}", "error": "invalid_grant"}}'.encode()
    async with http_server(lambda _asked: answering(status, said)) as provider:
        oauth = OAUTH | {"token_url": f"http://127.0.0.1:{provider.port}/token"}
        steps = await check({"imap": imap, "oauth": oauth}, tools(trusting(dovecot_server)))
    assert steps[StepName.MAILBOX_SIGN_IN].outcome is outcome
    assert ("refresh token" in steps[StepName.MAILBOX_SIGN_IN].words) is (outcome is FAILED)
    assert "hunter2" not in str(steps)


async def test_inbox_without_any_relay_says_so() -> None:
    steps = await check({}, tools(), send_mail=True)
    assert outcomes(steps) == {"relay_name": "failed", "send": "skipped", "round_trip": "skipped"}
    assert "SERVICEDESK_RELAY_HOST" in steps[StepName.RELAY_NAME].words


def relay(port: int, **changes: object) -> dict[str, object]:
    login = {"username": "desk", "password": "secret", "security": "starttls"}
    return {"host": "127.0.0.1", "port": port} | login | changes


async def test_mail_goes_out_comes_back_and_is_known_as_our_own(tmp_path: Path) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:

        async def arrived(message_id: str) -> bool:
            return any(message_id.encode() in mail.raw for mail in sink.mails)

        with_tools = replace(tools(client), arrived=arrived)
        steps = await check({"smtp": relay(sink.port)}, with_tools, send_mail=True)
    assert set(outcomes(steps).values()) == {"fine"}
    mail = sink.mails[0]
    assert mail.recipients == (SUPPORT.value,)
    assert read_mail(mail.raw, Envelope(SUPPORT.value), MARKS).mail_class is MailClass.OWN_LOOP


async def test_mail_is_found_in_the_mailbox_itself(dovecot_server: DovecotServer) -> None:
    imap = mailbox(dovecot_server)
    async with smtp_sink() as sink:

        async def delivered(_message_id: str) -> bool:
            dovecot_server.deliver(str(imap["username"]), [sink.mails[0].raw])
            return False

        with_tools = replace(tools(trusting(dovecot_server)), arrived=delivered)
        with_tools = replace(with_tools, round_trip_seconds=10.0)
        out = relay(sink.port, security="none", username="")
        steps = await check({"imap": imap, "smtp": out}, with_tools, send_mail=True)
    assert steps[StepName.ROUND_TRIP].outcome is FINE


async def test_mail_that_does_not_come_back_is_told_after_a_while() -> None:
    async with smtp_sink() as sink:
        out = relay(sink.port, security="none", username="")
        steps = await check({"smtp": out}, tools(), send_mail=True)
    assert steps[StepName.RELAY_TLS].outcome is WARNING
    assert steps[StepName.SEND].outcome is FINE
    assert steps[StepName.ROUND_TRIP].outcome is FAILED
    assert "spam folder" in steps[StepName.ROUND_TRIP].words


@pytest.mark.parametrize(
    ("changes", "fails", "words"),
    [
        ({"host": "no-such-host.invalid"}, StepName.RELAY_NAME, "how it is written"),
        ({"port": "closed"}, StepName.RELAY_CONNECT, "Check the port"),
        ({"security": "tls"}, StepName.RELAY_TLS, "TLS"),
        ({"password": "hunter2"}, StepName.RELAY_SIGN_IN, "refused"),
    ],
)
async def test_relay_that_is_wrong_fails_where_it_is_wrong(
    tmp_path: Path, changes: dict[str, object], fails: StepName, words: str
) -> None:
    server, client = make_certificate(tmp_path)
    async with smtp_sink(SinkRules(server, ("desk", "secret"))) as sink:
        if "port" in changes:
            changes = {"port": free_port()}
        steps = await check({"smtp": relay(sink.port) | changes}, tools(client), send_mail=True)
    assert steps[fails].outcome is FAILED, steps
    assert words in steps[fails].words
    assert steps[StepName.SEND].outcome is SKIPPED
    assert "hunter2" not in str(steps)
    assert sink.mails == []


async def test_refused_address_fails_the_sending() -> None:
    async with smtp_sink() as sink:
        sink.answers[SUPPORT.value] = "553 5.7.1 not your address"
        out = relay(sink.port, security="none", username="")
        steps = await check({"smtp": out}, tools(), send_mail=True)
    assert "not your address" in steps[StepName.SEND].words
    assert steps[StepName.ROUND_TRIP].outcome is SKIPPED


@pytest.mark.parametrize("finding", Finding)
def test_each_finding_has_its_words(finding: Finding) -> None:
    facts = dict.fromkeys(re.findall(r"{(\w+)}", WORDS[finding]), "X")
    assert "{" not in WORDS[finding].format(**facts)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_known_provider_fills_in_settings_that_are_valid(provider: Provider) -> None:
    sign_in = provider.sign_in[0].value
    typed = {
        "imap": {
            "host": provider.imap_host,
            "port": provider.imap_port,
            "username": "x@y.example",
            "sign_in": sign_in,
        },
        "smtp": {
            "host": provider.smtp_host,
            "port": provider.smtp_port,
            "security": provider.smtp_security.value,
            "sign_in": sign_in,
        },
        "sent_copy": not provider.keeps_sent,
        "sent_folder": provider.sent_folder,
    }
    if provider.oauth is not None:
        typed["oauth"] = {"provider": provider.oauth.value, "client_id": "x"}
    settings = EmailInboxSettings.model_validate(typed)
    assert settings.imap is not None
    assert provider.hints
    assert provider_of_relay(provider.smtp_host.upper()) is not None
    assert all(provider_of_address(f"a@{domain}") == provider for domain in provider.domains)
