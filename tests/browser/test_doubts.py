"""Before an answer is sent each doubt is asked about by itself."""

import asyncio
import smtplib

from playwright.async_api import Browser, expect

from tests.browser.running_desk import AGENT, SUPPORT, RunningDesk
from tests.browser.test_mail_to_answer import question, sent, sign_in
from tests.browser.test_sorting_by_hand import answer_it
from tests.stories.notices import bounce


async def test_sending_without_a_file_is_no_word_about_a_dead_address(
    browser: Browser, embedded: RunningDesk
) -> None:
    await asyncio.to_thread(embedded.post, question())
    page = await sign_in(browser, embedded, AGENT)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await answer_it(page, embedded)
    named = str((await sent(embedded, 1))["Message-ID"]).strip("<>")
    warning = page.get_by_test_id("composer-warning")

    await page.get_by_test_id("composer-text").fill("The label is attached.")
    await page.get_by_test_id("composer-send").click()
    await expect(warning).to_have_attribute("data-doubt", "file")
    await asyncio.to_thread(return_mail, embedded, named)
    await expect(page.get_by_test_id("identity-undeliverable")).to_be_visible()
    await page.get_by_test_id("composer-send-anyway").click()
    await expect(warning).to_have_attribute("data-doubt", "address")
    await expect(warning).to_contain_text("lin@contact.example")
    await page.get_by_test_id("composer-send-anyway").click()
    await expect(page.get_by_test_id("message-3")).to_contain_text("The label is attached.")
    await expect(page.get_by_test_id("composer-send-anyway")).to_have_count(0)


def return_mail(desk: RunningDesk, message_id: str) -> None:
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=10) as server:
        server.sendmail("", [SUPPORT], bounce(message_id, "lin@contact.example"))
