/** Splits plain text into words and web addresses; only http and https become links. Pure. */
export interface TextPart {
  text: string
  href: string | null
}

const ADDRESS = /https?:\/\/[^\s<>"'，。；：！？（）【】《》]+/g
/** Marks that end a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}]+$/

export function linkParts(text: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(ADDRESS)) {
    const href = match[0].replace(TRAILING, '')
    if (match.index > from) parts.push({ text: text.slice(from, match.index), href: null })
    parts.push({ text: href, href })
    from = match.index + href.length
  }
  if (from < text.length) parts.push({ text: text.slice(from), href: null })
  return parts
}
