"""Takes the pictures of the README: `make screenshots` writes docs/pictures/."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.tour import SCREENS, Demo, Language, Theme, running_demo, settle, signed_in
from tests.services.chromium import FLAGS

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WANTED: list[tuple[str, Theme, Language]] = [
    ("offer", "light", "en"),
    ("ticket", "dark", "en"),
    ("ticket", "light", "zh-CN"),
    ("people", "light", "en"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("pictures")) as found:
        yield found


@pytest_asyncio.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield found
        await found.close()


@pytest.mark.parametrize(("name", "theme", "language"), WANTED)
async def test_picture_is_taken(
    browser: Browser, demo: Demo, name: str, theme: Theme, language: Language
) -> None:
    screen = next(screen for screen in SCREENS if screen.name == name)
    target = PICTURES / f"{name}-{theme}-{language}.png"
    async with signed_in(browser, demo, screen.who, theme, language) as page:
        await settle(page, screen)
        await page.screenshot(path=target)
    assert target.stat().st_size > 20_000
