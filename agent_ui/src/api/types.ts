/**
 * Shapes of the desk's HTTP answers and frames, as /api/openapi.json names them.
 * Times are ISO 8601 UTC with an offset; ids are UUIDs; a larger priority is more urgent.
 */
export type Role = 'administrator' | 'supervisor' | 'agent' | 'observer'
export type Locale = 'en' | 'zh-CN'
export type Channel = 'email' | 'chat' | 'sms' | 'voice' | 'web' | 'api'
export type TicketStatus = 'new' | 'open' | 'pending' | 'on_hold' | 'solved' | 'closed'
export type Priority = 1 | 2 | 3 | 4
export type PresenceState = 'available' | 'away' | 'offline'
export type OfferState = 'open' | 'accepted' | 'declined' | 'timed_out' | 'rescinded'
export type DeclineReason = 'busy' | 'wrong_skill' | 'conflict' | 'other'
export type DeliveryState = 'queued' | 'sending' | 'sent' | 'failed' | 'unknown' | 'bounced'

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface User {
  id: string
  name: string
  email: string
  role: Role
  locale: Locale
  time_zone: string
  active: boolean
  version: number
  team_ids: string[]
  created_at: string
}

export interface Session {
  user: User
  csrf_token: string
  company: string
  capabilities: string[]
  server_time: string
}

export interface SignedInPlace {
  id: string
  created_at: string
  last_seen_at: string
  address: string
  user_agent: string
  current: boolean
}

export interface Team {
  id: string
  name: string
  member_ids: string[]
  version: number
}

export interface Queue {
  id: string
  name: string
  team_id: string
  offer_seconds: number
  active: boolean
  version: number
  agent_ids: string[]
  team_ids: string[]
  waiting: number
  oldest_waiting_at: string | null
  offered: number
  active_orders: number
}

export interface Inbox {
  id: string
  channel: Channel
  name: string
  address: string
  queue_id: string
  brand_id: string
  active: boolean
  version: number
}

export interface Presence {
  user_id: string
  state: PresenceState
  reason: string | null
  since: string
  capacity: Partial<Record<Channel, number>>
  used: Partial<Record<Channel, number>>
}

export interface ContactRef {
  id: string
  name: string
  address: string
}

export interface WhyReason {
  code: string
  params: Record<string, string | number>
}

export interface Offer {
  id: string
  ticket_id: string
  order_id: string
  user_id: string
  state: OfferState
  created_at: string
  deadline: string
  channel: Channel
  queue_id: string
  ticket_number: number
  subject: string
  contact: ContactRef | null
  first_words: string
  priority: Priority
  waited_seconds: number
  why: WhyReason[]
}

export interface WorkOrder {
  id: string
  state: 'waiting' | 'offered' | 'active' | 'done' | 'cancelled'
  queue_id: string
  owner_id: string | null
  priority: Priority
  virtual_start: string
  attempts: number
}

export interface TicketRow {
  id: string
  number: number
  subject: string
  status: TicketStatus
  priority: Priority
  channel: Channel
  inbox_id: string
  queue_id: string
  team_id: string
  assignee_id: string | null
  contact: ContactRef | null
  last_words: string
  last_message_at: string | null
  last_message_from: 'contact' | 'agent' | 'system'
  message_count: number
  waiting_since: string | null
  created_at: string
  updated_at: string
  version: number
  order: WorkOrder | null
  unread: boolean
}

export interface Participant {
  role: 'requester' | 'cc' | 'follower'
  contact_id: string | null
  user_id: string | null
  name: string
  address: string
}

export interface Attachment {
  id: string
  filename: string
  content_type: string
  size_bytes: number
  inline: boolean
  scan_state: 'pending' | 'clean' | 'blocked'
}

export interface Delivery {
  state: DeliveryState
  error: string | null
  attempts: number
  at: string | null
}

export interface Message {
  id: string
  ticket_id: string
  seq: number
  kind: 'inbound' | 'outbound' | 'note' | 'system'
  channel: Channel
  author: { kind: 'contact' | 'user' | 'system'; id: string | null; name: string }
  from_address: string | null
  recipients: { kind: 'to' | 'cc' | 'bcc'; name: string; address: string }[]
  subject: string | null
  text: string
  quoted_text: string
  has_html: boolean
  attachments: Attachment[]
  delivery: Delivery | null
  created_at: string
  unverified: boolean
  why_here: ({ rule: string } & Record<string, unknown>) | null
  language: string | null
}

export interface TicketMay {
  reply: boolean
  note: boolean
  change: boolean
  take: boolean
}

export interface TicketDetails {
  participants: Participant[]
  allowed_statuses: TicketStatus[]
  may: TicketMay
}

export interface Ticket extends TicketRow, TicketDetails {
  position: number
  messages: { items: Message[]; earlier: string | null }
}

export interface Contact {
  id: string
  name: string
  organization: { id: string; name: string; tier: string | null } | null
  identities: { kind: string; value: string }[]
  locale: string | null
  time_zone: string | null
  created_at: string
  tickets: TicketRow[]
  ticket_count: number
}

export interface ActivityEntry {
  position: number
  at: string
  actor: { kind: 'user' | 'contact' | 'system'; id: string | null; name: string }
  kind: string
  payload: Record<string, unknown>
  trace: unknown
}

export interface Upload {
  id: string
  filename: string
  content_type: string
  size_bytes: number
}
