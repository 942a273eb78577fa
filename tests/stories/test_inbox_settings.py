"""Settings of an inbox: typed by its channel, sealed in its row, opened for its channel alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from servicedesk.app.wiring import Services
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk.inbox_changes import InboxChanges, NewInbox, change_inbox, create_inbox
from servicedesk.desk.inbox_settings import (
    RenewedSecret,
    SettingsForm,
    open_settings,
    renew_secret,
)
from servicedesk.desk.inboxes import get_inbox
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.secrets import Secrets
from tests.stories.company import Company

RELAY = {"host": "smtp.acme.example", "username": "support", "password": "hunter2"}


def form(services: Services, typed: Mapping[str, Any]) -> SettingsForm:
    return SettingsForm(EmailInboxSettings, typed, services.secrets)


async def read(services: Services, company: Company) -> EmailInboxSettings:
    inbox = await get_inbox(services.database.sql, company.inbox.id)
    assert "hunter2" not in str(inbox.settings)
    return open_settings(services.secrets, inbox, EmailInboxSettings)


async def change(services: Services, company: Company, version: int, typed: Any) -> None:
    changes = InboxChanges(settings=form(services, typed))
    actor = user_actor(company.ada.user_id)
    await change_inbox(services.database, actor, company.inbox.id, version, changes)


async def test_password_is_sealed_kept_and_opened(services: Services, company: Company) -> None:
    await change(services, company, 1, {"smtp": RELAY})
    without = {name: value for name, value in RELAY.items() if name != "password"}
    await change(services, company, 2, {"smtp": without | {"port": 2525}, "from_name": "Acme"})
    settings = await read(services, company)
    assert settings.smtp is not None
    assert (settings.smtp.port, settings.from_name) == (2525, "Acme")
    assert settings.smtp.password.get_secret_value() == "hunter2"


OAUTH = {"provider": "google", "client_id": "desk", "refresh_token": "hunter2"}
MAILBOX = {"host": "imap.gmail.com", "username": "support", "sign_in": "xoauth2"}


async def test_stored_password_is_not_told_without_encryption(
    services: Services, company: Company
) -> None:
    here = RELAY | {"host": "127.0.0.1"}
    await change(services, company, 1, {"smtp": here})
    opened = {**here, "password": True, "security": "none"}
    with pytest.raises(BadInput) as caught:
        await change(services, company, 2, {"smtp": opened})
    assert caught.value.facts["path"] == "smtp.password"


@pytest.mark.parametrize(
    "sections",
    [
        {"imap": MAILBOX | {"host": "thief.example"}},
        {"imap": MAILBOX, "smtp": MAILBOX | {"host": "thief.example"}},
    ],
)
async def test_stored_token_is_told_to_no_other_host(
    services: Services, company: Company, sections: dict[str, Any]
) -> None:
    await change(services, company, 1, {"imap": MAILBOX, "oauth": OAUTH})
    with pytest.raises(BadInput) as caught:
        await change(services, company, 2, sections | {"oauth": OAUTH | {"refresh_token": True}})
    assert caught.value.facts["path"] == "oauth.refresh_token"
    same = {"imap": MAILBOX, "oauth": OAUTH | {"refresh_token": True}, "from_name": "Acme"}
    await change(services, company, 2, same)


async def test_new_inbox_takes_settings(services: Services, company: Company) -> None:
    new = NewInbox(
        ChannelKind.EMAIL,
        "Help",
        "help@acme.example",
        company.support_queue,
        form(services, {"smtp": RELAY}),
    )
    actor = user_actor(company.ada.user_id)
    inbox_id, _ = await create_inbox(services.database, actor, new)
    inbox = await get_inbox(services.database.sql, inbox_id)
    settings = open_settings(services.secrets, inbox, EmailInboxSettings)
    assert settings.smtp is not None
    assert settings.smtp.password.get_secret_value() == "hunter2"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ({"smtp": {"host": "https://x"}}, "settings.smtp.host"),
        ({"smtp": RELAY | {"port": 0}}, "settings.smtp.port"),
        ({"smtp": RELAY | {"password": "a\r\nQUIT"}}, "settings.smtp.password"),
        ({"imap": RELAY | {"sign_in": "xoauth2"}}, "settings"),
        ({"imap": RELAY | {"handled": "move"}}, "settings.imap"),
        ({"oauth": {"provider": "other", "client_id": "x"}}, "settings.oauth"),
        ({"sent_copy": True}, "settings"),
        ({"smtp": RELAY | {"security": "none"}}, "settings.smtp"),
        ({"imap": MAILBOX | {"security": "none"}, "oauth": OAUTH}, "settings.imap"),
        ({"oauth": OAUTH | {"token_url": "http://sso.example/token"}}, "settings.oauth"),
    ],
)
async def test_settings_that_cannot_work_are_refused_and_name_their_field(
    services: Services, company: Company, typed: dict[str, Any], path: str
) -> None:
    with pytest.raises(BadInput) as caught:
        await change(services, company, 1, typed)
    assert caught.value.facts["path"] == path
    assert "hunter2" not in str(caught.value)
    assert (await read(services, company)).smtp is None


OAUTH = {"provider": "google", "client_id": "desk", "refresh_token": "old"}


async def test_secret_that_its_giver_renewed_is_kept(services: Services, company: Company) -> None:
    await change(services, company, 1, {"oauth": OAUTH})
    renewed = RenewedSecret(("oauth", "refresh_token"), "old", "new")
    assert await renew_secret(services.database, services.secrets, company.inbox.id, renewed)
    oauth = (await read(services, company)).oauth
    assert oauth is not None
    assert oauth.refresh_token.get_secret_value() == "new"


@pytest.mark.parametrize("meanwhile", [{}, {"oauth": OAUTH | {"refresh_token": "typed anew"}}])
async def test_renewed_secret_does_not_undo_what_was_typed_meanwhile(
    services: Services, company: Company, meanwhile: dict[str, Any]
) -> None:
    await change(services, company, 1, meanwhile)
    before = await read(services, company)
    renewed = RenewedSecret(("oauth", "refresh_token"), "old", "new")
    assert not await renew_secret(services.database, services.secrets, company.inbox.id, renewed)
    assert await read(services, company) == before


async def test_secret_whose_key_is_gone_can_be_entered_anew(
    services: Services, company: Company
) -> None:
    await change(services, company, 1, {"smtp": RELAY})
    other_keys = replace(services, secrets=Secrets({"new": bytes(32)}))
    without = {name: value for name, value in RELAY.items() if name != "password"}
    with pytest.raises(BadInput, match="enter the secrets anew"):
        await change(other_keys, company, 2, {"smtp": without})
    await change(other_keys, company, 2, {"smtp": RELAY})
    settings = await read(other_keys, company)
    assert settings.smtp is not None
    assert settings.smtp.password.get_secret_value() == "hunter2"
