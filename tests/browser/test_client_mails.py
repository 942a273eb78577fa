"""Ordinary mails of the big clients: what the console shows looks like what they wrote."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from email.message import EmailMessage
from html import escape
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from servicedesk.channels.email.sanitize import PAGE_STYLE
from servicedesk.kernel.config import Settings
from tests.api.served import Served
from tests.browser.likeness import likeness
from tests.browser.mail_pages import (
    FRAME_SANDBOX,
    agent_context,
    html_mail,
    receive_mails,
    served_desk,
)

MAILS = sorted((Path(__file__).parent / "client_mails").glob("*.html"))
LEAST_LIKENESS = 0.97
PICTURE_ID = "ii_m1x2"
PICTURE = "data:image/png;base64,{}"
WIDTH = 620
FRAME = (
    '<!doctype html><body style="margin:0"><iframe src="{src}" sandbox="{sandbox}" '
    'style="border:0;width:100%;height:900px">'
)
DRAW = """
() => {
  const canvas = document.createElement('canvas')
  const [context, steps] = [canvas.getContext('2d'), 6]
  Object.assign(canvas, { width: 220, height: 80 })
  for (let step = 0; step < steps; step += 1) {
    context.fillStyle = `hsl(${step * 50} 60% ${30 + step * 8}%)`
    context.fillRect(step * 40, 0, 34, 20 + step * 10)
  }
  return canvas.toDataURL('image/png').split(',')[1]
}
"""


@pytest.fixture
def served(sqlite_settings: Settings) -> Iterator[Served]:
    with served_desk(sqlite_settings) as found:
        yield found


def test_mails_of_ten_clients_are_here() -> None:
    assert len(MAILS) >= 10


async def test_cleaned_mails_look_as_they_were_sent(browser: Browser, served: Served) -> None:
    size = {"width": WIDTH, "height": 900}
    ours = await (await agent_context(browser, served, viewport=size)).new_page()
    raw = await (await browser.new_context(viewport=size)).new_page()  # type: ignore[arg-type]
    picture: str = await raw.evaluate(DRAW)
    mails = [_mail(path.read_text(encoding="utf-8"), picture) for path in MAILS]
    found = {}
    for path, (_, message_id) in zip(MAILS, receive_mails(served, mails), strict=True):
        shown = await _shown(ours, f"{served.address}/api/messages/{message_id}/html")
        sent = await _as_sent(raw, path.read_text(encoding="utf-8"), picture)
        found[path.stem] = round(await likeness(raw, shown, sent), 3)
    assert min(found.values()) >= LEAST_LIKENESS, found


async def test_likeness_falls_where_a_mail_loses_its_looks(browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": WIDTH, "height": 900})
    for path in MAILS:
        html = path.read_text(encoding="utf-8")
        sent = await _as_sent(page, html, "")
        bare = await _as_sent(page, f"<pre>{escape(re.sub('<[^>]+>', ' ', html))}</pre>", "")
        assert await likeness(page, sent, sent) == pytest.approx(1)
        assert await likeness(page, sent, bare) < LEAST_LIKENESS - 0.1, path.stem


def _mail(html: str, picture: str) -> EmailMessage:
    """The html, and the picture that it may show."""
    mail = html_mail(html, "A mail of a client")
    mail.make_related()
    mail.add_related(
        base64.b64decode(picture),
        "image",
        "png",
        cid=f"<{PICTURE_ID}>",
        filename="picture.png",
        disposition="inline",
    )
    return mail


async def _shown(page: Page, source: str) -> bytes:
    """A picture of the frame as the console has it."""
    host = f"{source}?host"
    body = FRAME.format(src=source, sandbox=FRAME_SANDBOX)
    await page.route(host, lambda route: route.fulfill(body=body, content_type="text/html"))
    await page.goto(host)
    await page.wait_for_load_state("networkidle")
    return await page.screenshot()


async def _as_sent(page: Page, html: str, picture: str) -> bytes:
    """A picture of the very html on the same ground: its defaults, and nothing taken away."""
    known = html.replace(f"cid:{PICTURE_ID}", PICTURE.format(picture))
    await page.set_content(f"<!doctype html><style>{PAGE_STYLE}</style>{known}")
    return await page.screenshot()
