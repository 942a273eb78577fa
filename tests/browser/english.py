"""English that a console in Chinese shows: all but what people wrote, and names of things."""

import re

from playwright.async_api import Page

HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
# Names of products, protocols and zones; keys as they stand on the keyboard.
NAMES = re.compile(
    r"English|Workspace|Ctrl|Alt|Esc|Enter|TLS|STARTTLS|HTML|CSV|API|DKIM|Google|Gmail|Microsoft|"
    r"Chrome|Linux|[A-Z][A-Za-z_]+/[A-Za-z_/]+|\{\{[a-z_]+\}\}|[\w.+-]+@[\w.-]+|[\w-]+(\.[\w-]+)+|v=DKIM1.*"
)
SHOWN = """() => {
    const found = []
    const skipped = 'script, style, pre, code, textarea, input, '
        + '[data-testid=timeline], [data-testid=template-preview]'
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const place = walker.currentNode.parentElement
        if (place !== null && place.closest(skipped) === null) found.push(place.textContent)
    }
    for (const place of document.querySelectorAll('[aria-label], [placeholder], [alt]'))
        for (const name of ['aria-label', 'placeholder', 'alt'])
            if (place.hasAttribute(name)) found.push(place.getAttribute(name))
    return [...new Set(found.map((text) => text.trim()))]
}"""
WRITTEN = """async () => {
    const lists = ['users', 'teams', 'queues', 'inboxes', 'brands', 'quarantine', 'tickets']
    const found = []
    for (const list of lists) {
        const answer = await fetch(`/api/${list}?limit=100`)
        if (!answer.ok) continue
        for (const row of (await answer.json()).items)
            found.push(row.name, row.subject, row.last_words, row.contact?.name,
                       row.subject_hint, row.from_hint)
    }
    return found.filter((text) => text)
}"""


async def written_by_people(page: Page) -> list[str]:
    """Names and subjects that the viewer sees, longer ones first: they may hold shorter ones."""
    found: list[str] = await page.evaluate(WRITTEN)
    return sorted(set(found), key=len, reverse=True)


async def english_on(page: Page, written: list[str]) -> list[str]:
    shown: list[str] = await page.evaluate(SHOWN)
    return [text for text in shown if is_english(text, written)]


def is_english(text: str, written: list[str]) -> bool:
    """Does it hold an English word beside what people wrote and what has no other name?"""
    for own in written:
        text = text.replace(own, "")
    return not HAN.search(text) and bool(ENGLISH.search(NAMES.sub("", text)))
