/** How lists are ordered and grouped. Pure; the desk's own lists come in the same order (`sort=hurt`). */
import type { TicketRow, TicketStatus } from '@/api/types'

export const OPEN_STATUSES: readonly TicketStatus[] = ['new', 'open', 'pending', 'on_hold']

/** What hurts first: those who wait for us, longest first, then the most urgent, then the newest. */
export function compareHurt(a: TicketRow, b: TicketRow): number {
  if (a.waiting_since !== b.waiting_since) {
    if (a.waiting_since === null) return 1
    if (b.waiting_since === null) return -1
    return a.waiting_since.localeCompare(b.waiting_since)
  }
  return b.priority - a.priority || b.updated_at.localeCompare(a.updated_at) || a.id.localeCompare(b.id)
}

export function compareUpdated(a: TicketRow, b: TicketRow): number {
  return b.updated_at.localeCompare(a.updated_at) || a.id.localeCompare(b.id)
}

export interface MyWork {
  active: TicketRow[]
  waitingOnOthers: TicketRow[]
  solvedToday: TicketRow[]
}

/** Splits the tickets of one agent. `isToday` tells whether a moment is of the agent's present day. */
export function groupMyWork(tickets: Iterable<TicketRow>, userId: string, isToday: (iso: string) => boolean): MyWork {
  const work: MyWork = { active: [], waitingOnOthers: [], solvedToday: [] }
  for (const row of tickets) {
    if (row.assignee_id !== userId) continue
    if (row.status === 'new' || row.status === 'open') work.active.push(row)
    else if (row.status === 'pending' || row.status === 'on_hold') work.waitingOnOthers.push(row)
    else if (row.status === 'solved' && isToday(row.updated_at)) work.solvedToday.push(row)
  }
  work.active.sort(compareHurt)
  work.waitingOnOthers.sort(compareUpdated)
  work.solvedToday.sort(compareUpdated)
  return work
}
