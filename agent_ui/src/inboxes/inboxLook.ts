/** How an inbox stands, in one word and a shape. Pure. */
import type { Inbox, InboxState, MailboxFolder } from '@/api/types'

export type InboxLook = 'off' | 'brake' | 'failed' | 'waiting' | 'first_sync' | 'connecting' | 'listening' | 'forwarded'

/** What hurts most comes first. */
const ORDER: readonly MailboxFolder['state'][] = ['failed', 'waiting', 'first_sync', 'connecting', 'listening']

export const LOOKS: Record<InboxLook, { icon: string; tone: string }> = {
  off: { icon: 'i-lucide-circle-off', tone: 'text-third' },
  brake: { icon: 'i-lucide-octagon-alert', tone: 'text-late-text' },
  failed: { icon: 'i-lucide-circle-alert', tone: 'text-late-text' },
  waiting: { icon: 'i-lucide-cloud-off', tone: 'text-soon-text' },
  first_sync: { icon: 'i-lucide-download', tone: 'text-fresh-text' },
  connecting: { icon: 'i-lucide-plug', tone: 'text-third' },
  listening: { icon: 'i-lucide-circle-check', tone: 'text-good-text' },
  forwarded: { icon: 'i-lucide-inbox', tone: 'text-third' },
}

export function lookOf(inbox: Inbox, state: InboxState | undefined): InboxLook {
  if (!inbox.active) return 'off'
  if (inbox.brake !== null) return 'brake'
  const folders = liveFolders(state)
  return ORDER.find((one): one is Exclude<MailboxFolder['state'], 'off'> => folders.some((folder) => folder.state === one)) ?? 'forwarded'
}

/** Folders that somebody wants read now. */
export const liveFolders = (state: InboxState | undefined): MailboxFolder[] => (state?.folders ?? []).filter((folder) => folder.state !== 'off')

/** Of what was there before the desk, the share that is taken in, 0 to 1; null when nothing is under way. */
export function progressOf(state: InboxState | undefined): { share: number; done: number; total: number } | null {
  const folders = liveFolders(state).filter((folder) => folder.state === 'first_sync')
  const total = folders.reduce((sum, folder) => sum + folder.progress_total, 0)
  const done = folders.reduce((sum, folder) => sum + folder.progress_done, 0)
  return total === 0 ? null : { share: done / total, done, total }
}
