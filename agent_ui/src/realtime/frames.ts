/** What travels over the socket. Frames carry new values, never deltas. */
import type { Contact, ContactRef, Inbox, Message, Notice, Offer, Presence, Queue, Team, TicketValues, User } from '@/api/types'

interface Stamped {
  type: 'frame'
  position: number
  at: string
}

export type Frame = Stamped &
  (
    | { kind: 'ticket'; data: TicketValues }
    | { kind: 'ticket.removed'; data: { ticket_id: string } }
    | { kind: 'message'; data: Message }
    | { kind: 'message.removed'; data: { ticket_id: string; message_id: string } }
    | { kind: 'offer'; data: Offer }
    | { kind: 'presence'; data: Presence }
    | { kind: 'queue'; data: Queue }
    | { kind: 'user'; data: User }
    | { kind: 'team'; data: Team }
    | { kind: 'inbox'; data: Inbox }
    | { kind: 'escalation'; data: Notice }
    | { kind: 'contact'; data: ContactRef & Partial<Omit<Contact, 'tickets' | 'ticket_count'>> }
    | { kind: 'position'; data: Record<string, never> }
  )

export interface Hello {
  type: 'hello'
  position: number
  server_time: string
  user_id: string
  /** True when the frames missed since the named position follow; false means: load anew. */
  resumed: boolean
}

export interface Resync {
  type: 'resync'
  position: number
  reason: 'too_far_behind' | 'viewer_changed'
}

export interface Mind {
  type: 'ephemeral'
  kind: 'typing' | 'viewing' | 'gone'
  ticket_id: string
  user_id: string
  at: string
}

export interface Ping {
  type: 'ping'
  at: string
}

export type ServerWord = Hello | Frame | Resync | Mind | Ping

export type ClientWord = { type: 'pong' } | { type: 'presence_of_mind'; kind: Mind['kind']; ticket_id: string }

const FRAME_KINDS: ReadonlySet<string> = new Set<Frame['kind']>([
  'ticket', 'ticket.removed', 'message', 'message.removed', 'offer', 'presence', 'queue', 'user', 'team', 'inbox', 'escalation', 'contact', 'position',
])

/** Parses one socket message; null for words that a newer desk may say and this console does not know. */
export function parseWord(text: string): ServerWord | null {
  const word = JSON.parse(text) as { type?: string; kind?: string; position?: number }
  switch (word.type) {
    case 'hello':
    case 'resync':
    case 'ephemeral':
    case 'ping':
      return word as ServerWord
    case 'frame':
      return FRAME_KINDS.has(word.kind ?? '') ? (word as Frame) : asPosition(word.position)
    default:
      return null
  }
}

/** A frame of an unknown kind still moves the position on. */
function asPosition(position: number | undefined): Frame | null {
  if (position === undefined) return null
  return { type: 'frame', kind: 'position', position, at: '', data: {} }
}
