/** What is special about a message, as the desk noted it. Pure. */
import type { Message, Recipient } from '@/api/types'

export type Mark = 'signed' | 'encrypted' | 'not_proven'
const MARKS: readonly Mark[] = ['signed', 'encrypted', 'not_proven']

export const marksOf = (message: Message): Mark[] => MARKS.filter((mark) => message.marks?.[mark] === true)

/** What of the mail was broken and had to be repaired, in the desk's short names. */
export function defectsOf(message: Message): string[] {
  const found = message.marks?.defects
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : []
}

/** Written by a machine: folded to a line, and never mistaken for a person's words. */
export const isAutomatic = (message: Message): boolean =>
  message.kind === 'system' && message.mail_class !== null && message.mail_class !== 'person'

/** Who never got it. */
export const returnedTo = (message: Message): Recipient[] => message.recipients.filter((one) => one.delivery_state === 'bounced')

/** To whom it is still on its way: a server there goes on trying. */
export const lateFor = (message: Message): Recipient[] => message.recipients.filter((one) => one.delivery_state === 'queued')

/** The user whose address it bears without a proof that they wrote it. */
export function looksLike(message: Message): string | null {
  const found = message.why_here?.looks_like_user
  return typeof found === 'string' ? found : null
}

/** The message answers this thread under another subject: perhaps it is a matter of its own. */
export const changedSubject = (message: Message): boolean => message.why_here?.subject_changed === true
