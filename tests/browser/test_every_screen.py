"""Every screen, in both themes and both languages: axe finds nothing, nothing breaks, and none in
Chinese has English words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from tests.browser.english import english_on, written_by_people
from tests.browser.tour import (
    SCREENS,
    Demo,
    Language,
    Theme,
    Who,
    running_demo,
    settle,
    signed_in,
)

AXE = Path(__file__).parents[2] / "agent_ui" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: list[tuple[Theme, Language]] = [("light", "en"), ("dark", "zh-CN")]
EVERYBODY: list[Who] = ["nobody", "agent", "administrator"]
WHO_IS_IT = "401"  # the console asks before anybody has signed in


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("tour")) as found:
        yield found


@pytest.mark.parametrize(("theme", "language"), LOOKS, ids=["light-en", "dark-zh"])
@pytest.mark.parametrize("who", EVERYBODY)
async def test_axe_finds_nothing_nothing_breaks_and_chinese_is_chinese(
    browser: Browser, demo: Demo, who: Who, theme: Theme, language: Language
) -> None:
    found: dict[str, list[str]] = {}
    async with signed_in(browser, demo, who, theme, language) as page:
        written = [] if who == "nobody" else await written_by_people(page)
        complaints = listen(page)
        for screen in (screen for screen in SCREENS if screen.who == who):
            await settle(page, screen)
            assert await page.evaluate("document.documentElement.lang") == language
            english = await english_on(page, written) if language == "zh-CN" else []
            if wrong := [*await violations(page), *complaints, *english]:
                found[screen.name] = wrong
            complaints.clear()
    assert found == {}


def test_every_screen_has_somebody_who_sees_it() -> None:
    assert {screen.who for screen in SCREENS} == set(EVERYBODY)


def listen(page: Page) -> list[str]:
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and WHO_IS_IT not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


async def violations(page: Page) -> list[str]:
    """What axe finds, one line each: the rule and the first place."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [
        f"{rule['id']}: {rule['nodes'][0]['target']} {rule['nodes'][0]['failureSummary']}"
        for rule in found["violations"]
    ]
