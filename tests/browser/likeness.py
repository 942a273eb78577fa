"""How alike two pictures of a page are, measured in a browser, which can read PNGs."""

import base64

from playwright.async_api import Page

# Structural similarity (Wang et al. 2004) of the luminance, at a third of the size, so that a shift
# by a pixel counts for little. Only windows with something in one of the pictures count: two white
# pages would be alike whatever else is on them.
MEASURE = """
async ([one, other]) => {
  const open = async (png) => {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))
    return createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  }
  const [a, b] = [await open(one), await open(other)]
  const [wide, high] = [Math.ceil(Math.max(a.width, b.width) / 3), Math.ceil(Math.max(a.height, b.height) / 3)]
  const luminance = (picture) => {
    const context = new OffscreenCanvas(wide, high).getContext('2d')
    context.fillStyle = '#fff'
    context.fillRect(0, 0, wide, high)
    context.drawImage(picture, 0, 0, picture.width / 3, picture.height / 3)
    const { data } = context.getImageData(0, 0, wide, high)
    return Float64Array.from({ length: wide * high }, (_, at) =>
      0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2])
  }
  const [left, right] = [luminance(a), luminance(b)]
  const SIDE = 8, C1 = 6.5025, C2 = 58.5225
  let sum = 0, windows = 0
  for (let y = 0; y + SIDE <= high; y += SIDE / 2) {
    for (let x = 0; x + SIDE <= wide; x += SIDE / 2) {
      let l = 0, r = 0, ll = 0, rr = 0, lr = 0
      for (let at = 0; at < SIDE * SIDE; at += 1) {
        const place = (y + Math.floor(at / SIDE)) * wide + x + (at % SIDE)
        const [p, q] = [left[place], right[place]]
        l += p; r += q; ll += p * p; rr += q * q; lr += p * q
      }
      const n = SIDE * SIDE
      const [ml, mr] = [l / n, r / n]
      const [vl, vr, cov] = [ll / n - ml * ml, rr / n - mr * mr, lr / n - ml * mr]
      if (vl < 4 && vr < 4 && Math.abs(ml - mr) < 4) continue
      sum += ((2 * ml * mr + C1) * (2 * cov + C2)) / ((ml * ml + mr * mr + C1) * (vl + vr + C2))
      windows += 1
    }
  }
  return windows === 0 ? 0 : sum / windows
}
"""  # noqa: E501


async def likeness(page: Page, one: bytes, other: bytes) -> float:
    """Return 1 for the same picture twice, about 0 for pictures that have nothing in common.

    Both are PNGs, laid on each other at their upper left corners. `page` lends its canvas.
    """
    pictures = [base64.b64encode(picture).decode() for picture in (one, other)]
    found: float = await page.evaluate(MEASURE, pictures)
    return found
