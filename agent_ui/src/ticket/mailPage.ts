/** What the page of a mail holds, read before its frame is made: whether there is anything, and about how much. */
import { messageHtmlUrl } from '@/api/desk'

export type MailPage =
  | { state: 'shown'; remotePictures: number; heightPx: number }
  | { state: 'empty' }
  | { state: 'failed' }

const LINE_PX = 20
const PICTURE_PX = 120
const MARGIN_PX = 40
const LETTERS_PER_LINE = 80
const BREAKS = 'br, p, div, tr, li, h1, h2, h3, h4, h5, h6, blockquote'
const SEEN_WITHOUT_TEXT = 'img, picture, svg, hr'

export async function askForMailPage(messageId: string): Promise<MailPage> {
  const response = await fetch(messageHtmlUrl(messageId, 'blocked')).catch(() => null)
  if (response?.ok !== true) return { state: 'failed' }
  const remotePictures = Number(response.headers.get('X-Remote-Pictures') ?? 0)
  return readMailPage(await response.text(), remotePictures)
}

/** The height is an estimate between 96 and 560 px, until the frame itself can be measured. */
export function readMailPage(html: string, remotePictures: number): MailPage {
  const { body } = new DOMParser().parseFromString(html, 'text/html') // runs and loads nothing
  for (const style of body.querySelectorAll('style')) style.remove()
  const letters = (body.textContent ?? '').replace(/\s+/g, ' ').trim().length
  const pictures = body.querySelectorAll(SEEN_WITHOUT_TEXT).length
  if (letters === 0 && pictures === 0 && remotePictures === 0) return { state: 'empty' }
  const lines = Math.ceil(letters / LETTERS_PER_LINE) + body.querySelectorAll(BREAKS).length
  const heightPx = MARGIN_PX + lines * LINE_PX + pictures * PICTURE_PX
  return { state: 'shown', remotePictures, heightPx: Math.min(560, Math.max(96, heightPx)) }
}
