"""Mails that want to run something in an agent's browser: none of it runs.

The bodies are foreign cases (FOREIGN_CASES), three ways: as they are, which proves that they can
bite; cleaned, but with every other fence taken away; and in the very frame that the console shows.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Page, Request, Route

from servicedesk.app.api.console import CONSOLE_POLICY
from servicedesk.channels.email.sanitize import Pictures, sanitize
from servicedesk.kernel.config import Settings
from tests.api.served import Served
from tests.browser.mail_pages import (
    FRAME_SANDBOX,
    agent_context,
    html_mail,
    receive_mails,
    served_desk,
)

BATCH = 40
BARE = "http://mail.test"
PIXEL = "https://pictures.example/read.png"
EVENTS = ["mouseover", "mouseenter", "focus", "click", "toggle", "animationstart", "load", "error"]
HOOKS = """
(() => {
  const fired = (name) => () => { (top.__fired ||= []).push(`${name} in ${location.href}`) }
  for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = fired(name)
  try {
    Object.defineProperty(window, '__xss', { set: fired('__xss') })
  } catch { /* hooked already */ }
})()
"""
FRAMES = """
async ({ sources, sandbox, events }) => {
  const frames = await Promise.all(sources.map((source) => new Promise((resolve) => {
    const frame = document.createElement('iframe')
    if (sandbox) frame.setAttribute('sandbox', sandbox)
    frame.addEventListener('load', () => resolve(frame), { once: true })
    setTimeout(() => resolve(frame), 10000)
    frame.src = source
    document.body.append(frame)
  })))
  for (const frame of frames) {
    const page = frame.contentDocument
    if (!page) { (window.__fired ||= []).push(`left its place: ${frame.src}`); continue }
    for (const node of page.querySelectorAll('*')) {
      if (/^(javascript|vbscript|data):/.test(node.protocol ?? '')) (window.__fired ||= []).push(`link in ${frame.src}`)
      if (node.localName !== 'a') for (const name of events) node.dispatchEvent(new Event(name))
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (const frame of frames) frame.remove()
  return window.__fired ?? []
}
"""  # noqa: E501


@dataclass  # without slots: Playwright hangs its own names on whose methods it is given
class Watched:
    """A page, and all that it did which no mail may make it do. `allowed`: what frames may load."""

    page: Page
    allowed: frozenset[str]
    wrong: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("dialog", self._note_dialog)
        self.page.on("popup", lambda popup: self.wrong.append(f"popup {popup.url}"))
        self.page.on("download", lambda file: self.wrong.append(f"download {file.url}"))
        self.page.on("request", self._note_request)

    async def _note_dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog {dialog.message}")
        await dialog.dismiss()

    def _note_request(self, request: Request) -> None:
        """The page around the frames may ask for what it needs, but must not be led away."""
        of_the_page = request.frame == self.page.main_frame and not request.is_navigation_request()
        harmless = request.url.startswith(("data:", "blob:")) or request.url in self.allowed
        if not of_the_page and not harmless:
            self.wrong.append(f"{request.resource_type} {request.url}")

    async def show(self, sources: Sequence[str], sandbox: str) -> list[str]:
        """Open each in a frame of its own, poke at all it holds; return what fired."""
        fired: list[str] = []
        for start in range(0, len(sources), BATCH):
            given = {
                "sources": sources[start : start + BATCH],
                "sandbox": sandbox,
                "events": EVENTS,
            }
            fired = await self.page.evaluate(FRAMES, given)
        return fired


@pytest.fixture(scope="module")
def bodies(foreign_cases: Path) -> list[str]:
    text = (foreign_cases / "hostile_html" / "cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["payload"] for line in text.split("\n") if line]


@pytest.fixture
def served(sqlite_settings: Settings) -> Iterator[Served]:
    with served_desk(sqlite_settings) as found:
        yield found


@pytest_asyncio.fixture
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A page with no policy at all, in which whatever runs is noticed."""
    context = await browser.new_context()
    await context.add_init_script(HOOKS)
    yield await context.new_page()
    await context.close()


async def test_bodies_bite_where_nothing_cleans_them(bare: Page, bodies: list[str]) -> None:
    some = bodies[::9]
    watched = await _open_bare(bare, some)
    fired = await watched.show(_addresses(some), sandbox="")
    assert len({word.rpartition(" ")[2] for word in fired}) > len(some) / 10


async def test_nothing_fires_once_cleaned_even_without_any_other_fence(
    bare: Page, bodies: list[str]
) -> None:
    cleaned = [sanitize(body, Pictures.BLOCKED).html for body in bodies]
    watched = await _open_bare(bare, cleaned)
    assert await watched.show(_addresses(cleaned), sandbox="") == []
    assert watched.wrong == []


async def test_nothing_runs_in_the_frame_of_the_console(
    browser: Browser, served: Served, bodies: list[str]
) -> None:
    told = [*bodies, f'<p>Told when it is read <img src="{PIXEL}"></p>']
    mails = [html_mail(body, f"Body {number}") for number, body in enumerate(told)]
    messages = [message_id for _, message_id in receive_mails(served, mails)]
    context = await agent_context(browser, served)
    await context.add_init_script(HOOKS)
    await context.route(lambda url: not url.startswith(served.address), _refuse)
    host = f"{served.address}/host"
    await context.route(host, _show_empty_console)
    page = await context.new_page()
    await page.goto(host)
    found: dict[str, list[str]] = {}
    for pictures in Pictures:
        paths = [f"/api/messages/{one}/html?pictures={pictures}" for one in messages]
        watched = Watched(page, frozenset(f"{served.address}{path}" for path in paths))
        watched.listen()
        found[pictures] = await watched.show(sorted(watched.allowed), FRAME_SANDBOX)
        found[pictures] += watched.wrong
    await context.close()
    assert found[Pictures.BLOCKED] == []
    assert found[Pictures.SHOWN] == [f"image {PIXEL}"]  # which whoever reads has asked for


async def _show_empty_console(route: Route) -> None:
    policy = {"Content-Security-Policy": CONSOLE_POLICY}
    await route.fulfill(body="<!doctype html>", content_type="text/html", headers=policy)


async def _refuse(route: Route) -> None:
    """Nothing outside is there, and asking for it has been noted."""
    await route.abort()


async def _open_bare(page: Page, contents: Sequence[str]) -> Watched:
    pages = dict(zip(_addresses(contents), contents, strict=True))

    async def answer(route: Route) -> None:
        html = pages.get(route.request.url, "")
        body = f'<!doctype html><meta charset="utf-8"><body>{html}'
        await route.fulfill(body=body, content_type="text/html; charset=utf-8")

    await page.route("**/*", answer)
    await page.goto(f"{BARE}/")
    watched = Watched(page, frozenset(pages))
    watched.listen()
    return watched


def _addresses(contents: Sequence[str]) -> list[str]:
    return [f"{BARE}/{number}" for number in range(len(contents))]
