/** How high the page of a mail is, asked of the page itself. */

const TALLEST_PX = 8000
const SCROLLBAR_PX = 16

/** The height in px at the frame's present width, so that nothing of it scrolls up and down; null while there is no page. */
export function measureMailPage(frame: HTMLIFrameElement | null): number | null {
  const page = frame?.contentDocument
  if (!page?.body || page.URL === 'about:blank') return null
  const { body, documentElement } = page
  const isTooWide = documentElement.scrollWidth > documentElement.clientWidth
  const height = Math.ceil(Math.max(body.scrollHeight, body.getBoundingClientRect().height)) + (isTooWide ? SCROLLBAR_PX : 0)
  return Math.min(height, TALLEST_PX)
}
