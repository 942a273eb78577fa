/** From which inbox a new ticket goes out: those of one's own teams first, each group by name. */
import type { Inbox, Queue } from '@/api/types'

export function ownFirst(inboxes: Inbox[], queues: Record<string, Queue>, teamIds: string[]): Inbox[] {
  const isForeign = (inbox: Inbox): number => (teamIds.includes(queues[inbox.queue_id]?.team_id ?? '') ? 0 : 1)
  return [...inboxes].sort((a, b) => isForeign(a) - isForeign(b) || a.name.localeCompare(b.name))
}
