import type { TicketRow } from '@/api/types'
import { shownTicket, type World } from '@/realtime/world'

/** All tickets held, with the guesses about them laid over. */
export function shownTickets(world: World): TicketRow[] {
  const guessed = new Set(world.guesses.map((guess) => guess.ticket_id))
  return Object.values(world.tickets).map((row) => (guessed.has(row.id) ? (shownTicket(world, row.id) ?? row) : row))
}
