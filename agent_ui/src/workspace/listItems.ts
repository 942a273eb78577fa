/** The rows of a list pane with their headings, flat, as a virtual list wants them. */
import type { Offer, TicketRow } from '@/api/types'
import type { MyWork } from './order'

export type ListItem =
  | { type: 'heading'; key: string; label: string; count: number }
  | { type: 'offer'; key: string; offer: Offer }
  | { type: 'ticket'; key: string; row: TicketRow }

export const ITEM_HEIGHT: Record<ListItem['type'], number> = { heading: 28, offer: 60, ticket: 72 }

export function ticketItems(rows: TicketRow[]): ListItem[] {
  return rows.map((row) => ({ type: 'ticket', key: row.id, row }))
}

/** `label` is the catalogue key of the heading. Empty groups have no heading. */
export function myWorkItems(offers: Offer[], work: MyWork): ListItem[] {
  const items: ListItem[] = []
  const group = (label: string, rows: ListItem[]): void => {
    if (rows.length > 0) items.push({ type: 'heading', key: label, label, count: rows.length }, ...rows)
  }
  group('work.offers', offers.map((offer) => ({ type: 'offer', key: offer.id, offer })))
  group('work.active', ticketItems(work.active))
  group('work.waiting_on_others', ticketItems(work.waitingOnOthers))
  group('work.solved_today', ticketItems(work.solvedToday))
  return items
}
