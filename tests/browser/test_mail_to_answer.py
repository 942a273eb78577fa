"""The story of the whole product, over real parts, in a real browser."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from servicedesk.kernel.ids import new_id
from tests.browser.running_desk import AGENT, PASSWORD, SUPPORT, RunningDesk
from tests.waiting import until

UNFOLDED = email.policy.default.clone(max_line_length=998)
PATIENCE = 20_000  # ms: a loaded machine is no failure


async def sign_in(browser: Browser, desk: RunningDesk, who: str) -> Page:
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(desk.url)
    await page.get_by_test_id("email").fill(who)
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("submit").click()
    await page.get_by_test_id("presence-menu").wait_for()
    return page


async def become_available(page: Page) -> None:
    await page.get_by_test_id("presence-menu").click()
    await page.get_by_test_id("presence-available").click()


def question(subject: str = "Where is my parcel?", **headers: str) -> EmailMessage:
    mail = EmailMessage(policy=UNFOLDED)
    mail["From"] = "Lin Wei <lin@contact.example>"
    mail["To"] = SUPPORT
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{new_id()}@contact.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Parcel 4711 has not come.\n")
    return mail


async def test_a_mail_becomes_an_offer_and_the_answer_goes_back(
    browser: Browser, desk: RunningDesk, tmp_path: Path
) -> None:
    page = await sign_in(browser, desk, AGENT)
    await become_available(page)
    first = question()
    await asyncio.to_thread(desk.post, first)

    await page.get_by_test_id("offer-card").wait_for()
    await expect(page.get_by_test_id("offer-card")).to_contain_text("Where is my parcel?")
    await page.get_by_test_id("offer-accept").click()
    await expect(page.get_by_test_id("ticket-subject")).to_contain_text("Where is my parcel?")
    await expect(page.get_by_test_id("message-1")).to_contain_text("Parcel 4711")

    label = tmp_path / "label.txt"
    label.write_text("ship to Lin")
    await page.get_by_test_id("composer-text").fill("It is on its way.")
    await page.get_by_test_id("composer-attach").set_input_files(label)
    await page.get_by_test_id("composer-file").wait_for()
    await page.get_by_test_id("composer-send").click()
    await expect(page.get_by_test_id("message-2")).to_contain_text("It is on its way.")

    answer = await sent(desk, 1)
    assert answer["Subject"] == "Re: Where is my parcel?"
    assert answer["In-Reply-To"] == first["Message-ID"]
    assert str(first["Message-ID"]) in str(answer["References"])
    assert answer["To"].addresses[0].addr_spec == "lin@contact.example"
    (attachment,) = answer.iter_attachments()
    assert attachment.get_filename() == "label.txt"
    assert attachment.get_content().strip() == "ship to Lin"
    await expect(page.get_by_test_id("ticket-status")).to_contain_text("Pending")

    again = question("Re: Where is my parcel?", In_Reply_To=str(answer["Message-ID"]))
    await asyncio.to_thread(desk.post, again)
    await expect(page.get_by_test_id("message-3")).to_contain_text("Parcel 4711")
    await expect(page.get_by_test_id("ticket-status")).to_contain_text("Open")


async def sent(desk: RunningDesk, count: int) -> EmailMessage:
    """Wait until the desk has sent that many mails; return the last."""

    async def have_come() -> bool:
        return len(desk.letters()) >= count

    await until(have_come, 30.0)
    found = email.message_from_bytes(desk.letters()[count - 1], policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found
