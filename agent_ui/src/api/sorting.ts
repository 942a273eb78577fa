/** Putting a message, or a whole ticket, where it belongs. */
import { call, newKey, type Answer } from './client'
import type { ChangedTicket, Message, Ticket } from './types'

export const approveMessage = (id: string): Promise<Answer<Message>> => call('POST', `/messages/${id}/approve`)

/** Data is null when the new ticket is out of one's sight. */
export const splitMessage = (id: string): Promise<Answer<Ticket | null>> =>
  call('POST', `/messages/${id}/split`, { json: {}, idempotencyKey: newKey() })

export const moveMessage = (id: string, ticketId: string): Promise<Answer<Message>> =>
  call('POST', `/messages/${id}/move`, { json: { ticket_id: ticketId } })

export const mergeTicket = (id: string, intoId: string): Promise<Answer<ChangedTicket>> =>
  call('POST', `/tickets/${id}/merge`, { json: { into_id: intoId } })
