import type { Message, Offer, TicketRow, TicketValues } from '@/api/types'
import type { Frame } from '@/realtime/frames'

export function ticketRow(part: Partial<TicketRow> = {}): TicketRow {
  return {
    id: 't1', number: 1, subject: 'Refund', status: 'open', priority: 2, channel: 'email', inbox_id: 'i1', queue_id: 'q1', team_id: 'g1', assignee_id: null,
    contact: { id: 'c1', name: 'Lin Wei', address: 'lin@x.example' }, last_words: '', last_message_at: null, last_message_from: 'contact', message_count: 0,
    waiting_since: null, created_at: '2026-11-22T10:00:00+00:00', updated_at: '2026-11-22T10:00:00+00:00', version: 1, order: null, clocks: [], unread: false, ...part,
  }
}

/** A ticket as a frame carries it. */
export function ticketValues(part: Partial<TicketValues> = {}): TicketValues {
  return { ...ticketRow(), participants: [], merged_into_id: null, allowed_statuses: ['solved'], may: { reply: true, note: true, change: true, take: true }, ...part }
}

export function message(part: Partial<Message> = {}): Message {
  return {
    id: `m${part.seq ?? 1}`, ticket_id: 't1', seq: 1, kind: 'inbound', channel: 'email', author: { kind: 'contact', id: 'c1', name: 'Lin Wei' }, from_address: null, recipients: [],
    subject: '', text: '', quoted_text: '', text_cut: false, has_html: false, attachments: [], delivery: null, created_at: '2026-11-22T10:00:00+00:00', unverified: false, why_here: null, language: null, mail_class: null, marks: null, ...part,
  }
}

export function offer(part: Partial<Offer> = {}): Offer {
  return {
    id: 'o1', ticket_id: 't1', order_id: 'w1', user_id: 'u1', state: 'open', created_at: '2026-11-22T10:00:00+00:00', deadline: '2026-11-22T10:00:30+00:00', channel: 'email', queue_id: 'q1',
    ticket_number: 1, subject: '', contact: { id: 'c1', name: 'Lin Wei', address: 'lin@x.example' }, first_words: '', priority: 2, waited_seconds: 0, why: [], ...part,
  }
}

export function frame<K extends Frame['kind']>(kind: K, position: number, data: Extract<Frame, { kind: K }>['data']): Frame {
  return { type: 'frame', kind, position, at: '', data } as Frame
}
