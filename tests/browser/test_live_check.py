"""An inbox is tried out by an administrator whose console is Chinese."""

import re

from playwright.async_api import Browser, expect

from tests.browser.english import HAN
from tests.browser.running_desk import ADMINISTRATOR, RunningDesk
from tests.browser.test_mail_to_answer import sign_in


async def test_each_step_of_a_live_check_is_told_in_chinese(
    browser: Browser, embedded: RunningDesk
) -> None:
    embedded.call("PATCH", "/api/me", {"locale": "zh-CN"})
    page = await sign_in(browser, embedded, ADMINISTRATOR)
    await page.goto(f"{embedded.url}/settings/inboxes")
    await page.get_by_test_id("inbox-row").first.click()
    await page.get_by_test_id("inbox-step-check").click()
    await page.get_by_test_id("check-mail").click()
    await page.get_by_test_id("check-run").click()
    await page.get_by_test_id("check-ended").wait_for()
    findings = page.locator("[data-finding]")
    await expect(findings).not_to_have_count(0)
    told = {
        str(await one.get_attribute("data-finding")): await one.inner_text()
        for one in await findings.all()
    }
    assert {"answers", "not_encrypted"} <= set(told)
    assert [words for words in told.values() if not HAN.search(words)] == []
    await expect(page.get_by_test_id("check-ended")).to_have_text(re.compile("一切正常"))
