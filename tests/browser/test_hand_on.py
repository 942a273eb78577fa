"""Work goes from hand to hand: offered by name, declined with a word, given, moved to a queue."""

import asyncio

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.running_desk import ADMINISTRATOR, AGENT, OTHER_AGENT, RunningDesk
from tests.browser.test_mail_to_answer import become_available, question, sign_in
from tests.browser.test_sorting_by_hand import open_ticket

WIDE: ViewportSize = {"width": 1440, "height": 900}


async def test_work_is_offered_declined_given_and_moved(
    browser: Browser, embedded: RunningDesk
) -> None:
    await asyncio.to_thread(embedded.post, question())
    ana, zoe = (
        await sit_down(browser, embedded, AGENT),
        await sit_down(browser, embedded, OTHER_AGENT),
    )
    await become_available(zoe)
    await open_ticket(ana, embedded, "Where is my parcel?")

    await ana.keyboard.press("t")
    await ana.get_by_test_id("hand-on-words").fill("zoe")
    await ana.get_by_test_id("hand-on-offer").click()
    await expect(zoe.get_by_test_id("offer-card")).to_contain_text("Where is my parcel?")
    await zoe.get_by_test_id("offer-decline").click()
    await zoe.get_by_test_id("offer-decline-note").fill("I sold it to them")
    await zoe.get_by_test_id("offer-decline-conflict").click()
    await expect(zoe.get_by_test_id("offer-card")).to_have_count(0)

    ada = await sit_down(browser, embedded, ADMINISTRATOR)
    await open_ticket(ada, embedded, "Where is my parcel?")
    await ada.get_by_test_id("ticket-hand-on").click()
    await person(ada, "Ana Silva").get_by_test_id("hand-on-give").click()
    await expect(ada.get_by_test_id("property-assignee")).to_contain_text("Ana Silva")
    await expect(ana.get_by_test_id("property-assignee")).to_contain_text("Ana Silva")

    await ana.get_by_test_id("ticket-hand-on").click()
    await expect(ana.get_by_test_id("hand-on-give")).to_have_count(0)
    await ana.get_by_role("button", name="Move it to Orders").click()
    await expect(ada.get_by_test_id("property-queue")).to_contain_text("Orders")


async def test_an_agent_takes_nothing_from_a_channel_that_they_closed(
    browser: Browser, embedded: RunningDesk
) -> None:
    page = await sit_down(browser, embedded, AGENT)
    await become_available(page)
    await page.get_by_test_id("presence-menu").click()
    await page.get_by_test_id("presence-channel-email").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-closed=true]")).to_have_count(1)
    await asyncio.to_thread(embedded.post, question())
    await page.goto(f"{embedded.url}/views/unassigned")
    await expect(page.get_by_test_id("ticket-row")).to_have_count(1)
    await expect(page.get_by_test_id("offer-card")).to_have_count(0)

    await page.get_by_test_id("presence-menu").click()
    await page.get_by_test_id("presence-channel-email").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("offer-card")).to_be_visible()


async def sit_down(browser: Browser, desk: RunningDesk, who: str) -> Page:
    page = await sign_in(browser, desk, who)
    await page.set_viewport_size(WIDE)
    return page


def person(page: Page, name: str) -> Locator:
    return page.get_by_test_id("hand-on-person").filter(has_text=name)
