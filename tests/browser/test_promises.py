"""Promises in a real browser: hours drawn, a policy written, a ticket that shows what is left."""

import asyncio
import os
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.running_desk import ADMINISTRATOR, RunningDesk
from tests.browser.test_mail_to_answer import question, sign_in

PICTURES = os.environ.get("SERVICEDESK_TEST_PICTURES", "")


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def draw_saturday(page: Page) -> None:
    """From 09:00 to 12:00, by drag."""
    row = await page.get_by_test_id("week-sat").bounding_box()
    assert row is not None
    middle = row["y"] + row["height"] / 2
    await page.mouse.move(row["x"] + row["width"] * 9 / 24, middle)
    await page.mouse.down()
    await page.mouse.move(row["x"] + row["width"] * 11 / 24, middle)
    await page.mouse.move(row["x"] + row["width"] * 12 / 24, middle)
    await page.mouse.up()


async def test_hours_are_drawn_promised_and_shown(browser: Browser, embedded: RunningDesk) -> None:
    page = await sign_in(browser, embedded, ADMINISTRATOR)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.goto(f"{embedded.url}/settings/calendars")
    await page.get_by_test_id("add-calendar").click()
    await page.get_by_test_id("calendar-name").fill("Office")
    await page.get_by_label("For queues without one of their own").check()
    await draw_saturday(page)
    await expect(page.get_by_label("Hours of Saturday")).to_have_value("09:00-12:00")
    await page.get_by_label("Hours of Sunday").fill("22:00-06:00")
    await page.get_by_label("Hours of Sunday").blur()
    await expect(page.get_by_label("Hours of Monday")).to_have_value("00:00-06:00, 09:00-17:00")
    await page.get_by_test_id("calendar-ask").click()
    await expect(page.get_by_test_id("calendar-answer")).to_contain_text("in ")
    await picture(page, "calendar")
    await page.get_by_test_id("calendar-save").click()
    await expect(page.get_by_text("Office")).to_be_visible()

    await page.goto(f"{embedded.url}/settings/sla")
    await page.get_by_test_id("add-policy").click()
    await page.get_by_test_id("policy-name").fill("Everybody")
    await page.get_by_test_id("target-first_reply-2").fill("4h")
    await page.get_by_test_id("target-total_resolution-2").fill("3d")
    await page.get_by_test_id("target-total_resolution-2").blur()
    await page.get_by_test_id("add-step").click()
    await page.get_by_test_id("policy-look").click()
    await expect(page.get_by_test_id("policy-preview")).to_contain_text("Of 0 open tickets")
    await picture(page, "policy")
    await page.get_by_test_id("policy-save").click()
    await expect(page.get_by_text("2 promises")).to_be_visible()

    await asyncio.to_thread(embedded.post, question())
    await page.goto(f"{embedded.url}/views/unassigned")
    await page.get_by_test_id("ticket-row").click()
    await expect(page.get_by_test_id("clock-line")).to_have_count(2)
    await expect(page.get_by_test_id("clock-mark").last).to_be_visible()
    await page.get_by_test_id("why-late").click()
    await expect(page.get_by_test_id("clock-story")).to_have_count(2)
    await expect(page.get_by_test_id("clock-story").first).to_contain_text("Everybody")
    await picture(page, "ticket")


async def test_a_calendar_is_removed_once_nothing_counts_by_it(
    browser: Browser, embedded: RunningDesk
) -> None:
    page = await sign_in(browser, embedded, ADMINISTRATOR)
    await page.goto(f"{embedded.url}/settings/calendars")
    await page.get_by_test_id("add-calendar").click()
    await page.get_by_test_id("calendar-name").fill("Office")
    await page.get_by_label("For queues without one of their own").check()
    await save_calendar(page)
    await remove_calendar(page)
    await expect(page.get_by_test_id("remove-refused")).to_contain_text("another one first")
    await page.keyboard.press("Escape")
    await page.get_by_label("For queues without one of their own").uncheck()
    await save_calendar(page)
    await remove_calendar(page)
    await expect(page.get_by_test_id("add-calendar")).to_be_visible()
    await expect(page.get_by_text("Office")).to_have_count(0)


async def save_calendar(page: Page) -> None:
    await page.get_by_test_id("calendar-save").click()
    await page.get_by_test_id("add-calendar").wait_for()


async def remove_calendar(page: Page) -> None:
    await page.get_by_text("Office").click()
    await page.get_by_test_id("remove").click()
    await page.get_by_test_id("remove-sure").click()
