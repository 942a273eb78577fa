"""A walk through every screen of the console, over the sample company: for axe and for pictures."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from tests.services.processes import accepts_connections, free_port, running_process

PASSWORD = "pine-forest-trail"
PATIENCE = 20_000  # ms
ADDRESSES = {
    ("agent", "en"): "agent@northwind-outdoor.example",
    ("agent", "zh-CN"): "lina@northwind-outdoor.example",
    ("administrator", "en"): "admin@northwind-outdoor.example",
    ("administrator", "zh-CN"): "admin@northwind-outdoor.example",
}
Theme = Literal["light", "dark"]
Language = Literal["en", "zh-CN"]
Who = Literal["nobody", "agent", "administrator"]
Visit = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its address."""

    url: str


@dataclass(frozen=True, slots=True)
class Screen:
    """`visit` brings the page of who may see it to where it shall be seen."""

    name: str
    visit: Visit
    who: Who = "agent"


@contextlib.contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """`servicedesk demo` in a folder of its own, as a person starts it."""
    port, smtp_port = free_port(), free_port()
    options = ("--folder", str(folder / "demo"), "--port", str(port), "--smtp-port", str(smtp_port))
    command = (sys.executable, "-m", "servicedesk.app.cli.main", "demo", *options)
    names = [n for n in os.environ if n.startswith("SERVICEDESK_") or n.endswith("_URL")]
    clean = ("env", *(f"--unset={name}" for name in names), *command)
    log = folder / "demo.log"
    with running_process("demo", clean, log, lambda: accepts_connections(port)):
        yield Demo(f"http://127.0.0.1:{port}")


async def _open(page: Page, path: str, wait_for: str) -> None:
    base = "/".join(page.url.split("/")[:3])
    await page.goto(f"{base}{path}")
    await page.get_by_test_id(wait_for).first.wait_for()


def _at(path: str, wait_for: str = "presence-menu") -> Visit:
    async def visit(page: Page) -> None:
        await _open(page, path, wait_for)

    return visit


async def _ticket(page: Page) -> None:
    await _open(page, "/views/team", "ticket-row")
    await page.get_by_test_id("ticket-row").first.click()
    await page.get_by_test_id("timeline").wait_for()
    await page.get_by_test_id("message-1").wait_for()


async def _queue_setup(page: Page) -> None:
    await _open(page, "/settings/queues", "add-queue")
    await page.locator("ul > li > button").first.click()
    await page.get_by_test_id("queue-setup").click()
    await page.get_by_test_id("step-line").wait_for()
    await page.get_by_test_id("add-step").click()


async def _routing_why(page: Page) -> None:
    await _ticket(page)
    await page.get_by_test_id("routing-why").get_by_role("button").first.click()
    await page.get_by_test_id("routing-why").locator("li").first.wait_for()


async def _offer(page: Page) -> None:
    await _ticket(page)
    await page.get_by_test_id("presence-menu").click()
    await page.get_by_test_id("presence-available").click()
    await page.get_by_test_id("offer-card").wait_for()


async def _declining(page: Page) -> None:
    await _offer(page)
    await page.get_by_test_id("offer-decline").click()
    await page.get_by_test_id("offer-decline-note").wait_for()


async def _hand_on(page: Page) -> None:
    await _ticket(page)
    await page.get_by_test_id("ticket-hand-on").click()
    await page.get_by_test_id("hand-on-person").first.wait_for()


async def _presence(page: Page) -> None:
    await _open(page, "/work", "presence-menu")
    await page.get_by_test_id("presence-menu").click()
    await page.get_by_test_id("presence-available").wait_for()


async def _note(page: Page) -> None:
    await _ticket(page)
    await page.get_by_test_id("composer-note-tab").click()


async def _palette(page: Page) -> None:
    await _open(page, "/work", "presence-menu")
    await page.keyboard.press("Control+k")
    await page.get_by_role("dialog").wait_for()


async def _keys(page: Page) -> None:
    await _open(page, "/work", "presence-menu")
    await page.keyboard.press("?")
    await page.get_by_role("dialog").wait_for()


async def _new_inbox(page: Page) -> None:
    await _open(page, "/settings/inboxes/new", "inbox-address")
    await page.get_by_test_id("inbox-name").fill("Help")
    await page.get_by_test_id("inbox-address").fill("help@gmail.com")
    await page.get_by_test_id("inbox-suggested").click()
    await page.get_by_test_id("inbox-hints").wait_for()


async def _receiving(page: Page) -> None:
    await _new_inbox(page)
    await page.get_by_test_id("inbox-save").click()
    await page.get_by_test_id("imap-host").wait_for()


async def _sending(page: Page) -> None:
    await _inbox(page)
    await page.get_by_test_id("inbox-step-send").click()
    await page.get_by_test_id("inbox-signs").click()
    await page.get_by_test_id("dkim-make").click()
    await page.get_by_test_id("dkim-record").wait_for()


async def _checked(page: Page) -> None:
    """The demo sends nothing to the outside: its inbox is tried without a test mail."""
    await _inbox(page)
    await page.get_by_test_id("inbox-step-check").click()
    await page.get_by_test_id("check-mail").click()
    await page.get_by_test_id("check-run").click()
    await page.get_by_test_id("check-ended").wait_for()


async def _inbox(page: Page) -> None:
    await _open(page, "/settings/inboxes", "inbox-row")
    await page.get_by_test_id("inbox-row").first.click()
    await page.get_by_test_id("inbox-address").wait_for()


async def _held_back(page: Page) -> None:
    await _open(page, "/settings/quarantine", "quarantine-row")


async def _arrival(page: Page) -> None:
    await _held_back(page)
    await page.get_by_test_id("quarantine-row").first.click()
    await page.get_by_test_id("raw-mail").wait_for()


async def _template(page: Page) -> None:
    await _open(page, "/settings/templates", "add-template")
    await page.get_by_test_id("add-template").click()
    await page.get_by_test_id("template-preview").wait_for()


async def _raw_mail(page: Page) -> None:
    await _ticket(page)
    await page.get_by_test_id("message-1-menu").click()
    await page.get_by_test_id("message-raw").click()
    await page.get_by_test_id("raw-mail").wait_for()


async def _move(page: Page) -> None:
    await _ticket(page)
    await page.get_by_test_id("message-1-menu").click()
    await page.get_by_test_id("message-move").click()
    await page.get_by_test_id("pick-words").wait_for()


async def _stay(page: Page) -> None:
    await page.get_by_test_id("sign-in-form").wait_for()


async def _new_calendar(page: Page) -> None:
    await _at("/settings/calendars", "add-calendar")(page)
    await page.get_by_test_id("add-calendar").click()
    await page.get_by_test_id("calendar-save").wait_for()


async def _new_policy(page: Page) -> None:
    await _at("/settings/sla", "add-policy")(page)
    await page.get_by_test_id("add-policy").click()
    await page.get_by_test_id("policy-save").wait_for()
    await page.get_by_test_id("add-step").click()


SCREENS = (
    Screen("sign-in", _stay, "nobody"),
    Screen("work", _at("/work")),
    Screen("queues", _at("/queues")),
    Screen("unassigned", _at("/views/unassigned")),
    Screen("search", _at("/search")),
    Screen("ticket", _ticket),
    Screen("note", _note),
    Screen("raw-mail", _raw_mail),
    Screen("move-message", _move),
    Screen("hand-on", _hand_on),
    Screen("offer", _offer),
    Screen("declining", _declining),
    Screen("presence", _presence),
    Screen("palette", _palette),
    Screen("keys", _keys),
    Screen("profile", _at("/settings/profile", "profile-save")),
    Screen("sessions", _at("/settings/sessions")),
    Screen("people", _at("/settings/people", "add-person"), "administrator"),
    Screen("teams", _at("/settings/teams", "add-team"), "administrator"),
    Screen("queue-settings", _at("/settings/queues", "add-queue"), "administrator"),
    Screen("queue-setup", _queue_setup, "administrator"),
    Screen("rules", _at("/settings/rules", "add-rule"), "administrator"),
    Screen("skills", _at("/settings/skills", "save-skills"), "administrator"),
    Screen("reasons", _at("/settings/reasons", "save-reasons"), "administrator"),
    Screen("capacity", _at("/settings/capacity"), "administrator"),
    Screen("stuck", _at("/settings/stuck"), "administrator"),
    Screen("routing-why", _routing_why),
    Screen("inboxes", _at("/settings/inboxes", "add-inbox"), "administrator"),
    Screen("inbox-new", _new_inbox, "administrator"),
    Screen("inbox-receiving", _receiving, "administrator"),
    Screen("inbox-sending", _sending, "administrator"),
    Screen("inbox-checked", _checked, "administrator"),
    Screen("held-back", _held_back, "administrator"),
    Screen("arrival", _arrival, "administrator"),
    Screen("calendars", _at("/settings/calendars", "add-calendar"), "administrator"),
    Screen("calendar", _new_calendar, "administrator"),
    Screen("policies", _at("/settings/sla", "add-policy"), "administrator"),
    Screen("policy", _new_policy, "administrator"),
    Screen("templates", _at("/settings/templates", "add-template"), "administrator"),
    Screen("template", _template, "administrator"),
    Screen("nowhere", _at("/no/such/page")),
)


@contextlib.asynccontextmanager
async def signed_in(
    browser: Browser, demo: Demo, who: Who, theme: Theme, language: Language
) -> AsyncIterator[Page]:
    """A page of theirs, 1440 wide, in a theme and a language."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme=theme,
        locale=language,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        await page.goto(demo.url)
        if who != "nobody":
            await _sign_in(page, ADDRESSES[who, language], language)
        yield page
    finally:
        await context.close()


async def settle(page: Page, screen: Screen) -> None:
    """Visit the screen and wait until it has what it waits for."""
    await screen.visit(page)
    await page.wait_for_load_state("networkidle")
    await page.evaluate("document.fonts.ready")


async def _sign_in(page: Page, who: str, language: Language) -> None:
    await page.get_by_test_id("email").fill(who)
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("submit").click()
    await page.get_by_test_id("presence-menu").wait_for()
    changed = await page.evaluate(
        """async (locale) => {
            const session = await (await fetch('/api/session')).json()
            if (session.user.locale === locale) return false
            const headers = {
                "content-type": "application/json", "x-csrf-token": session.csrf_token
            }
            const body = JSON.stringify({ locale })
            const answer = await fetch('/api/me', { method: 'PATCH', headers, body })
            if (!answer.ok) throw new Error(await answer.text())
            return true
        }""",
        language,
    )
    if changed:
        await page.reload()
        await page.get_by_test_id("presence-menu").wait_for()
