/** The timeline as it is drawn: messages with a line where a new day begins. Pure. */
import type { Message } from '@/api/types'

export type TimelinePart =
  | { type: 'day'; key: string; at: string }
  | { type: 'message'; key: string; message: Message }

const KEPT_OPEN = 3

/** `messages` ascending by seq; `dayOf` names the day of a moment in the reader's zone. */
export function timelineParts(messages: readonly Message[], dayOf: (iso: string) => string): TimelinePart[] {
  const parts: TimelinePart[] = []
  let lastDay = ''
  for (const message of messages) {
    const day = dayOf(message.created_at)
    if (day !== lastDay) parts.push({ type: 'day', key: `day:${day}:${message.seq}`, at: message.created_at })
    lastDay = day
    parts.push({ type: 'message', key: message.id, message })
  }
  return parts
}

/** The seq from which messages stay open; decided once per visit, so that nothing folds while it is read. */
export function openFrom(messages: readonly Message[]): number {
  return messages.at(-KEPT_OPEN)?.seq ?? 0
}

/** Old e-mails fold to one line; notes, other channels and the newest messages stay open. */
export function isFolded(message: Message, openFromSeq: number): boolean {
  if (message.seq >= openFromSeq || message.channel !== 'email') return false
  return (message.kind === 'inbound' || message.kind === 'outbound') && !['failed', 'bounced'].includes(message.delivery?.state ?? '')
}
