/** Tickets, messages, contacts and files: one function per thing the desk can be asked. */
import { call, get, newKey, type Answer } from './client'
import type {
  ActivityEntry, ChangedTicket, Contact, Message, Page, Priority, Ticket, TicketRow, TicketStatus, Upload,
} from './types'

export interface TicketFilter {
  view?: 'mine' | 'unassigned' | 'team' | 'all'
  queue_id?: string
  status?: string
  contact_id?: string
  q?: string
  sort?: 'hurt' | 'updated' | 'created'
  cursor?: string | null
  limit?: number
}

export interface TicketChange {
  status?: TicketStatus
  priority?: Priority
  subject?: string
  queue_id?: string
  assignee_id?: string | null
}

export interface ReplyDraft {
  text: string
  attachment_ids: string[]
  cc: string[]
  set_status: TicketStatus | null
  seen_seq: number
  /** Send it although mail to a recipient came back. */
  even_if_undeliverable: boolean
}

export interface NewTicket {
  inbox_id: string
  contact: { address: string; name?: string }
  subject: string
  text: string
  attachment_ids: string[]
  queue_id?: string
  priority?: Priority
  /** Write to them although mail to the address came back. */
  even_if_undeliverable: boolean
}

export const listTickets = (filter: TicketFilter, signal?: AbortSignal): Promise<Page<TicketRow>> =>
  get('/tickets', { ...filter }, signal)

export const getTicket = (id: string): Promise<Ticket> => get(`/tickets/${id}`)

export const listEarlierMessages = (ticketId: string, beforeSeq: number): Promise<Page<Message>> =>
  get(`/tickets/${ticketId}/messages`, { before: beforeSeq, limit: 50 })

export const listActivity = async (ticketId: string): Promise<ActivityEntry[]> =>
  (await get<Page<ActivityEntry>>(`/tickets/${ticketId}/activity`, { limit: 100 })).items

/** Data is null when the change took the ticket out of one's sight. */
export const changeTicket = (id: string, version: number, change: TicketChange): Promise<Answer<ChangedTicket | null>> =>
  call('PATCH', `/tickets/${id}`, { json: change, ifMatch: version })

/** Data is null when somebody took the ticket out of one's sight meanwhile. */
export const takeTicket = (id: string): Promise<Answer<TicketRow | null>> =>
  call('POST', `/tickets/${id}/take`, { idempotencyKey: newKey() })

export interface HandedOn {
  ticket_id: string
  /** They have, or would have, more on the channel than they take. */
  over_capacity: boolean
}

/** Asks them; the work keeps its place in line if they refuse. */
export const transferToAgent = (id: string, userId: string): Promise<Answer<HandedOn>> =>
  call('POST', `/tickets/${id}/transfer`, { json: { user_id: userId } })

/** Without asking, also above their capacity: for supervisors. */
export const forceOnAgent = (id: string, userId: string): Promise<Answer<HandedOn>> =>
  call('POST', `/tickets/${id}/force`, { json: { user_id: userId } })

export const sendReply = (ticketId: string, draft: ReplyDraft, key: string): Promise<Answer<Message>> =>
  call('POST', `/tickets/${ticketId}/replies`, { json: { ...draft, html: null }, idempotencyKey: key })

/** A message with all of its text, which timelines cut when it is very long. */
export const getMessage = (id: string): Promise<Message> => get(`/messages/${id}`)

export const writeNote = (
  ticketId: string, note: { text: string; attachment_ids: string[] }, key: string,
): Promise<Answer<Message>> => call('POST', `/tickets/${ticketId}/notes`, { json: note, idempotencyKey: key })

export const sendAgain = (messageId: string, key: string): Promise<Answer<Message>> =>
  call('POST', `/messages/${messageId}/send-again`, { idempotencyKey: key })

export const openTicket = (ticket: NewTicket, key: string): Promise<Answer<Ticket>> =>
  call('POST', '/tickets', { json: ticket, idempotencyKey: key })

export const markRead = (ticketId: string, seq: number): Promise<Answer<null>> =>
  call('POST', `/tickets/${ticketId}/read`, { json: { seq } })

export const getContact = (id: string): Promise<Contact> => get(`/contacts/${id}`)

export interface ContactChange {
  name?: string
  locale?: string
  time_zone?: string
  /** For supervisors. */
  agent_id?: string
}

export const changeContact = (id: string, change: ContactChange): Promise<Answer<Contact>> => call('PATCH', `/contacts/${id}`, { json: change })

export const uploadFile = async (file: File, signal?: AbortSignal): Promise<Upload> =>
  (
    await call<Upload>('POST', '/uploads', {
      body: file,
      headers: {
        'Content-Type': file.type || 'application/octet-stream',
        'X-Filename': encodeURIComponent(file.name),
      },
      idempotencyKey: newKey(),
      signal,
    })
  ).data

export const attachmentUrl = (id: string, options: { inline: boolean }): string =>
  `/api/attachments/${id}${options.inline ? '?inline=1' : ''}`

export const messageHtmlUrl = (id: string, pictures: 'blocked' | 'shown'): string =>
  `/api/messages/${id}/html?pictures=${pictures}`
