"""Calls of webhooks are signed so that a receiver can tell them from anybody else's."""

from __future__ import annotations

from datetime import UTC, datetime

from servicedesk.kernel.secrets import Secrets
from servicedesk.kernel.webhook_signatures import signed_headers, webhook_secrets

AT = datetime.fromtimestamp(1_614_265_330, UTC)
OLD, NEW = {"old": bytes(32)}, {"new": bytes(range(32))}
URL = "https://chat.example/hook"


def test_the_published_example_has_the_published_signature() -> None:
    """From the libraries of Standard Webhooks."""
    found = signed_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        AT,
        b'{"test": 2432232314}',
    )
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_address_has_a_secret_of_its_own_and_keeps_it() -> None:
    (one,) = webhook_secrets(Secrets(OLD), URL)
    (other,) = webhook_secrets(Secrets(OLD), f"{URL}/2")
    assert one.startswith("whsec_")
    assert one != other
    assert webhook_secrets(Secrets(OLD), URL) == [one]


def test_a_receiver_who_knows_the_old_secret_is_served_while_the_old_key_is_kept() -> None:
    secrets = webhook_secrets(Secrets({**NEW, **OLD}), URL)
    assert secrets == webhook_secrets(Secrets(NEW), URL) + webhook_secrets(Secrets(OLD), URL)
    both = signed_headers(secrets, "1", AT, b"{}")["webhook-signature"].split()
    (old,) = signed_headers(secrets[1:], "1", AT, b"{}")["webhook-signature"].split()
    assert old in both
    assert len(both) == 2


def test_another_body_or_time_has_another_signature() -> None:
    secrets = webhook_secrets(Secrets(OLD), URL)
    found = {
        signed_headers(secrets, "1", AT, b"{}")["webhook-signature"],
        signed_headers(secrets, "1", AT, b"{ }")["webhook-signature"],
        signed_headers(secrets, "2", AT, b"{}")["webhook-signature"],
        signed_headers(secrets, "1", AT.replace(year=2022), b"{}")["webhook-signature"],
    }
    assert len(found) == 4
