/** An invented desk. All names and figures are made up. */
import type { Contact, Inbox, Message, Offer, Presence, Queue, Session, Team, TicketRow, TicketStatus, User } from '../src/api/types'

const START = Date.now()
const at = (minutesAgo: number): string => new Date(START - minutesAgo * 60_000).toISOString()
const id = (kind: number, n: number): string => `0190000${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`

const user = (n: number, name: string, role: User['role'], teams: number[]): User => ({
  id: id(1, n), name, email: `${name.split(' ')[0]?.toLowerCase() ?? n}@halden.example`, role, locale: 'en', time_zone: 'Europe/Oslo', active: true,
  version: 1, team_ids: teams.map((team) => id(2, team)), created_at: at(90_000),
})

export const users: User[] = [
  user(1, 'Sofia Marin', 'administrator', [1, 2]), user(2, 'Tomás Rivas', 'agent', [1]), user(3, 'Mina Holt', 'supervisor', [1, 2]),
  user(4, '王小明', 'agent', [2]), user(5, 'Jo Weber', 'observer', [1]),
]
export const me = users[0] as User
export const teams: Team[] = [
  { id: id(2, 1), name: 'Orders and refunds', member_ids: [id(1, 1), id(1, 2), id(1, 3)], version: 1 },
  { id: id(2, 2), name: 'Sales Iberia', member_ids: [id(1, 1), id(1, 3), id(1, 4)], version: 1 },
]
const queue = (n: number, name: string, team: number, waiting: number, oldest: number | null): Queue => ({
  id: id(3, n), name, team_id: id(2, team), offer_seconds: 30, active: true, version: 1, agent_ids: [], team_ids: [id(2, team)], waiting,
  oldest_waiting_at: oldest === null ? null : at(oldest), offered: n === 1 ? 1 : 0, active_orders: n * 2, stuck: 0,
})
export const queues: Queue[] = [queue(1, 'Refunds EU', 1, 7, 34), queue(2, 'Sales Iberia', 2, 2, 6), queue(3, 'Orders Nordic', 1, 0, null)]
export const inboxes: Inbox[] = [
  { id: id(4, 1), channel: 'email', name: 'Help', address: 'help@halden.example', queue_id: id(3, 1), brand_id: id(9, 1), active: true, version: 1, brake: null },
]
export const presence: Presence[] = users.slice(0, 4).map((one, index) => ({
  user_id: one.id, state: index < 2 ? 'available' : 'away', reason: index < 2 ? null : 'break', closed: [], since: at(84), capacity: { email: 6, chat: 4 }, used: { email: 4, chat: 1 },
}))

const PEOPLE: [string, string][] = [
  ['Lin Wei', 'lin.wei@halden-outdoor.example'], ['Grace Okafor', 'grace@okafor.example'], ['Mikael Strand', 'mikael@strand.example'], ['Claire Dubois', 'claire@dubois.example'],
  ['Bergsport Keller', 'einkauf@bergsport.example'], ['', 'unknown@sender.example'], ['Pedro Almeida', 'pedro@almeida.example'], ['Yuki Tanaka', 'yuki@tanaka.example'], ['张伟', 'zhang.wei@gongsi.example'],
]
export const contacts: Contact[] = PEOPLE.map(([name, address], n) => ({
  id: id(5, n), name, address, organization: n === 0 ? { id: id(6, 1), name: 'Halden Outdoor', tier: 'Gold' } : null, locale: 'en', time_zone: n === 0 ? 'Asia/Shanghai' : null,
  identities: [{ kind: 'email', value: address, undeliverable_at: null, undeliverable_reason: null, soft_bounces: 0 }], undeliverable: false, agent_id: null, created_at: at(50_000), tickets: [], ticket_count: n === 0 ? 14 : 1,
}))

interface Plan { who: number; subject: string; words: string; status: TicketStatus; waits: number | null; mine: boolean; unread?: boolean; priority?: 1 | 2 | 3 | 4 }
const PLANS: Plan[] = [
  { who: 0, subject: 'Refund for order 88213 has not arrived', words: 'Thanks. Where do I enter the new IBAN?', status: 'open', waits: 4, mine: true, unread: true, priority: 3 },
  { who: 1, subject: 'Change delivery address, order 90417', words: 'It is still at the Leeds depot I think', status: 'open', waits: 12, mine: true, unread: true },
  { who: 2, subject: 'Stove regulator will not thread', words: 'Could you send a photo of the valve?', status: 'open', waits: null, mine: true },
  { who: 3, subject: 'Invoice 2291 shows the wrong VAT number, and the delivery address as well', words: 'Our accountant closes the month tonight', status: 'open', waits: 190, mine: true, unread: true, priority: 4 },
  { who: 4, subject: '12 pairs short in delivery 7740', words: 'Photo of the pallet label attached', status: 'pending', waits: null, mine: true },
  { who: 6, subject: 'Warranty: zip on Ridge 45 came apart', words: 'Waiting on the workshop since Tuesday', status: 'on_hold', waits: null, mine: true },
  { who: 7, subject: 'Customs form missing for Japan order', words: 'Sent. Thank you!', status: 'solved', waits: null, mine: true },
  { who: 5, subject: '', words: 'Where is my parcel', status: 'new', waits: 34, mine: false, unread: true },
  { who: 8, subject: '订单 90422 退款问题', words: '请问退款什么时候到账？', status: 'new', waits: 21, mine: false, unread: true },
]
const row = (plan: Plan, n: number): TicketRow => {
  const contact = contacts[plan.who] as Contact
  return {
    id: id(7, n), number: 10482 - n * 7, subject: plan.subject, status: plan.status, priority: plan.priority ?? 2, channel: 'email', inbox_id: id(4, 1), queue_id: id(3, 1 + (n % 2)),
    team_id: id(2, 1), assignee_id: plan.mine ? me.id : null, contact: { id: contact.id, name: contact.name, address: contact.identities[0]?.value ?? '' }, last_words: plan.words,
    last_message_at: at(plan.waits ?? 60 * (n + 1)), last_message_from: plan.waits === null ? 'agent' : 'contact', message_count: 3, waiting_since: plan.waits === null ? null : at(plan.waits),
    created_at: at(4000), updated_at: at(plan.status === 'solved' ? 5 : 60 * n), version: 1, order: null, clocks: [], unread: plan.unread ?? false,
  }
}
export const tickets: TicketRow[] = PLANS.map(row)
for (let n = PLANS.length; n < 260; n += 1) {
  tickets.push(row({ ...(PLANS[n % PLANS.length] as Plan), mine: false, status: n % 9 === 0 ? 'solved' : 'open', waits: n, unread: n % 3 === 0 }, n))
}

let nextMessage = 1
export function message(ticket: TicketRow, seq: number, minutesAgo: number, part: Partial<Message>): Message {
  nextMessage += 1
  const inbound = part.kind === 'inbound'
  const address = ticket.contact?.address ?? ''
  return {
    id: id(8, nextMessage), ticket_id: ticket.id, seq, kind: 'inbound', channel: 'email',
    author: inbound ? { kind: 'contact', id: ticket.contact?.id ?? null, name: ticket.contact?.name || address } : { kind: 'user', id: me.id, name: me.name },
    from_address: inbound ? address : 'help@halden.example', recipients: [{ kind: 'to', name: '', address: inbound ? 'help@halden.example' : address, delivery_state: null, delivery_error: null }], subject: ticket.subject, text: '',
    quoted_text: '', text_cut: false, has_html: false, attachments: [], delivery: null, created_at: at(minutesAgo), unverified: false, why_here: null, language: 'en', mail_class: inbound ? 'person' : null, marks: null, ...part,
  }
}
export function messagesOf(ticket: TicketRow): Message[] {
  const sent = { state: 'sent', error: null, attempts: 1, at: at(3000) } as const
  return [
    message(ticket, 1, 4000, { kind: 'inbound', text: 'Hello, we returned two Fjell 60 packs on 6 November and the refund of €378.00 has not arrived.', has_html: true, why_here: { rule: 'nothing_matched' }, attachments: [{ id: id(8, 9001), filename: 'receipt.pdf', content_type: 'application/pdf', size_bytes: 82_300, inline: false, scan_state: 'clean' }] }),
    message(ticket, 2, 2900, { kind: 'outbound', text: 'Hi Wei, thank you for the receipt. Both packs were booked in on 9 November and the refund left us on the 14th. I have asked Finance to trace it and will write tomorrow.', quoted_text: '> Hello, we returned two Fjell 60 packs …', delivery: sent }),
    message(ticket, 3, 2880, { kind: 'system', author: { kind: 'system', id: null, name: '' }, text: 'The ticket was opened again.' }),
    message(ticket, 4, 40, { kind: 'note', text: '@Tomás Finance traced it: the payment bounced on 16 Nov because the account was closed. We need a new IBAN. Not over chat, please use the secure form.' }),
    message(ticket, 5, 30, { kind: 'inbound', text: 'Hi Sofia, I am back at my desk. Any news from Finance? See https://halden.example/orders/88213.', quoted_text: 'On Wed, Sofia Marin wrote:\n> Hi Wei, thank you for the receipt.', has_html: true, unverified: true, why_here: { rule: 'signed_reply_address' } }),
    message(ticket, 6, 20, { kind: 'outbound', text: 'Yes: the account on file was closed, so the bank sent the money back to us. With a new IBAN we can pay out again today.', delivery: { state: 'failed', error: '550 mailbox unavailable', attempts: 3, at: at(18) } }),
    message(ticket, 7, 4, { kind: 'inbound', text: ticket.last_words, why_here: { rule: 'stored_message_id' } }),
  ]
}

export function offer(): Offer {
  const ticket = tickets[8] as TicketRow
  return {
    id: crypto.randomUUID(), ticket_id: ticket.id, order_id: id(6, 77), user_id: me.id, state: 'open', created_at: new Date().toISOString(), deadline: new Date(Date.now() + 30_000).toISOString(),
    channel: 'email', queue_id: id(3, 1), ticket_number: ticket.number, subject: ticket.subject, contact: ticket.contact, first_words: '请问退款什么时候到账？我已经等了两个星期，订单号是 90422。', priority: 3,
    waited_seconds: 38, why: [{ code: 'in_queue', params: { queue_id: id(3, 1) } }, { code: 'longest_idle', params: { idle_seconds: 2640 } }, { code: 'free_capacity', params: { channel: 'email', used: 3, capacity: 6 } }],
  }
}

export const session = (): Session => ({ user: me, csrf_token: 'invented', company: 'Halden Outdoor', capabilities: [], server_time: new Date().toISOString() })
