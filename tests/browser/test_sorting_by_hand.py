"""What threading got wrong is put right by hand: approved, split off, moved, merged."""

import asyncio

from playwright.async_api import Browser, Page, expect

from tests.browser.running_desk import AGENT, RunningDesk
from tests.browser.test_mail_to_answer import question, sent, sign_in


async def test_messages_go_where_they_belong(browser: Browser, embedded: RunningDesk) -> None:
    await asyncio.to_thread(embedded.post, question())
    page = await sign_in(browser, embedded, AGENT)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await answer_it(page, embedded)
    answered = str((await sent(embedded, 1))["Message-ID"])

    await arrive(embedded, "Re: Where is my parcel?", answered, sender="Bo <bo@contact.example>")
    await page.get_by_test_id("message-3-approve").click()
    await expect(page.get_by_test_id("message-3-approve")).to_have_count(0)

    await arrive(embedded, "My invoice is wrong", answered)
    await page.get_by_test_id("message-4-split").click()
    await expect(page.get_by_test_id("ticket-subject")).to_have_text("My invoice is wrong")
    await expect(page.get_by_test_id("message-1")).to_be_visible()

    await open_ticket(page, embedded, "Where is my parcel?")
    await expect(page.get_by_test_id("message-4")).to_have_count(0)
    await act_on(page, 3, "message-move")
    await pick(page, "My invoice is wrong")
    await expect(page.get_by_test_id("ticket-subject")).to_have_text("My invoice is wrong")
    await expect(page.get_by_test_id("message-2")).to_contain_text("Parcel 4711")

    await page.get_by_test_id("ticket-merge").click()
    await pick(page, "Where is my parcel?")
    await expect(page.get_by_test_id("ticket-subject")).to_have_text("Where is my parcel?")
    await open_ticket(page, embedded, "My invoice is wrong")
    await expect(page.get_by_test_id("merged-into")).to_be_visible()
    await expect(page.get_by_test_id("ticket-status")).to_have_attribute("data-status", "closed")


async def answer_it(page: Page, desk: RunningDesk) -> None:
    await open_ticket(page, desk, "Where is my parcel?")
    await page.get_by_test_id("ticket-take").click()
    await page.get_by_test_id("composer-text").fill("It is on its way.")
    await page.get_by_test_id("composer-send").click()
    await expect(page.get_by_test_id("message-2")).to_contain_text("on its way")


async def arrive(
    desk: RunningDesk, subject: str, answered: str, sender: str = "Lin Wei <lin@contact.example>"
) -> None:
    mail = question(subject, In_Reply_To=answered)
    del mail["From"]
    mail["From"] = sender
    await asyncio.to_thread(desk.post, mail)


async def open_ticket(page: Page, desk: RunningDesk, subject: str) -> None:
    await page.goto(f"{desk.url}/search")
    await page.get_by_test_id("search").fill(subject)
    await page.get_by_test_id("ticket-row").filter(has_text=subject).first.click()
    await expect(page.get_by_test_id("ticket-subject")).to_have_text(subject)
    await page.get_by_test_id("message-1").wait_for()


async def act_on(page: Page, seq: int, action: str) -> None:
    await page.get_by_test_id(f"message-{seq}").hover()
    await page.get_by_test_id(f"message-{seq}-menu").click()
    await page.get_by_test_id(action).click()


async def pick(page: Page, subject: str) -> None:
    await page.get_by_test_id("pick-words").fill(subject)
    await page.get_by_test_id("pick-ticket").filter(has_text=subject).first.click()
