/** Why mail was not let in, as the desk names it, and how that looks. */
import type { QuarantineRow } from '@/api/types'

/** What could not be understood; every other cause is the class of mail that was held back. */
export const UNREADABLE = 'unreadable'

export const CAUSE_ICONS: Record<string, string> = {
  [UNREADABLE]: 'i-lucide-file-x',
  spam: 'i-lucide-shield-alert',
  oversize: 'i-lucide-weight',
  mailing_list: 'i-lucide-megaphone',
  auto_reply: 'i-lucide-bot',
  out_of_office: 'i-lucide-palmtree',
  own_loop: 'i-lucide-repeat',
  bounce_hard: 'i-lucide-undo-2',
  bounce_soft: 'i-lucide-undo-2',
  feedback_report: 'i-lucide-thumbs-down',
}

export const CAUSES: readonly string[] = Object.keys(CAUSE_ICONS)

export function causeOf(row: Pick<QuarantineRow, 'state' | 'reason'>): string {
  return row.state === 'suspended' && row.reason !== null && row.reason in CAUSE_ICONS ? row.reason : UNREADABLE
}
