/** What to ask before something is sent. Pure. */
import type { Message, Participant } from '@/api/types'

/** What stands against sending, in the order in which it is asked about; each is settled by itself. */
export const DOUBTS = ['newer', 'address', 'file'] as const
export type Doubt = (typeof DOUBTS)[number]

/** The first doubt that the writer has not settled, or null. */
export function firstDoubt(found: Readonly<Record<Doubt, boolean>>, settled: ReadonlySet<Doubt>): Doubt | null {
  return DOUBTS.find((doubt) => found[doubt] && !settled.has(doubt)) ?? null
}

const MENTIONS = [
  /\battach(ed|ment|ments|ing)\b/i, /\benclosed\b/i, /附件/, /附上/, /随信附/,
]

/** True when the text speaks of a file and none is there. */
export function seemsToMissAttachment(text: string, fileCount: number): boolean {
  return fileCount === 0 && MENTIONS.some((mention) => mention.test(text))
}

/** The contact's newest message that the writer had not seen when the draft was begun, or null. */
export function newerInbound(messages: readonly Message[], seenSeq: number | null): Message | null {
  if (seenSeq === null) return null
  return messages.findLast((message) => message.kind === 'inbound' && message.seq > seenSeq) ?? null
}

/** Addresses among those written to from which mail came back: the requester's and those in copy. */
export function undeliverableTo(participants: readonly Participant[], cc: readonly string[]): string[] {
  const copied = new Set(cc.map((address) => address.toLowerCase()))
  const written = participants.filter((one) => one.role === 'requester' || copied.has(one.address.toLowerCase()))
  return [...new Set(written.filter((one) => one.undeliverable).map((one) => one.address))]
}

const ADDRESS = /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/

/** Splits what was typed into a copy line; `wrong` are words that cannot be addresses. */
export function parseAddresses(line: string): { right: string[]; wrong: string[] } {
  const words = line.split(/[\s,;，；]+/).map((word) => word.replace(/^<|>$/g, '')).filter((word) => word !== '')
  return {
    right: words.filter((word) => ADDRESS.test(word)),
    wrong: words.filter((word) => !ADDRESS.test(word)),
  }
}
