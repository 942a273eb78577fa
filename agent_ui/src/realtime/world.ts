/** Everything a frame can change, by id. One value, changed by `apply` and the functions here only. */
import type {
  Contact, Inbox, Message, Notice, Offer, Presence, Queue, Team, TicketDetails, TicketRow, TicketValues, User,
} from '@/api/types'

export interface Timeline {
  /** Ascending by seq, no two alike. */
  messages: Message[]
  /** True while older messages are left on the desk. */
  earlier: boolean
  state: 'loading' | 'ready' | 'failed'
  details: TicketDetails | null
}

/** What the console shows before the desk confirmed it. */
export interface Guess {
  key: string
  ticket_id: string
  patch: Partial<TicketRow>
  /** Position of the write, null until the HTTP answer named it. */
  position: number | null
}

export interface World {
  /** The last position seen; null before the first hello. */
  position: number | null
  tickets: Record<string, TicketRow>
  timelines: Record<string, Timeline>
  offers: Record<string, Offer>
  presence: Record<string, Presence>
  queues: Record<string, Queue>
  users: Record<string, User>
  teams: Record<string, Team>
  inboxes: Record<string, Inbox>
  /** Escalations that one was told of. */
  notices: Record<string, Notice>
  contacts: Record<string, Omit<Contact, 'tickets'>>
  guesses: Guess[]
  /** "table:id" → position as of which the row is known to be right. */
  known: Record<string, number>
}

export type Table = 'tickets' | 'offers' | 'presence' | 'queues' | 'users' | 'teams' | 'inboxes' | 'notices'

export type Row<T extends Table> = World[T][string]

export function emptyWorld(): World {
  return {
    position: null, tickets: {}, timelines: {}, offers: {}, presence: {}, queues: {}, users: {},
    teams: {}, inboxes: {}, notices: {}, contacts: {}, guesses: [], known: {},
  }
}

export function idOf<T extends Table>(table: T, row: Row<T>): string {
  return table === 'presence' ? (row as Presence).user_id : (row as { id: string }).id
}

/**
 * Puts a row in its place unless a later position already told of it, and says whether it did.
 * `asOf` is the position of the frame or of the write whose answer this is; for a read, the position
 * seen when it was asked.
 */
export function put<T extends Table>(world: World, table: T, row: Row<T>, asOf: number): boolean {
  const key = `${table}:${idOf(table, row)}`
  if ((world.known[key] ?? -1) > asOf) return false
  world.known[key] = asOf
  ;(world[table] as Record<string, Row<T>>)[idOf(table, row)] = row
  return true
}

/** Puts a ticket's row, and beside its timeline, if that is open, what only the ticket page shows. */
export function putTicket(world: World, values: TicketValues, asOf: number): void {
  const { participants, allowed_statuses, may, merged_into_id, ...row } = values
  const isNews = put(world, 'tickets', row, asOf)
  const timeline = world.timelines[row.id]
  if (timeline !== undefined && (isNews || timeline.details === null)) timeline.details = { participants, allowed_statuses, may, merged_into_id }
}

export function putAll<T extends Table>(world: World, table: T, rows: Row<T>[], asOf: number): void {
  for (const row of rows) put(world, table, row, asOf)
}

/**
 * Adds or replaces a message of an opened timeline, ascending by seq, unless a later position
 * already told of it. Messages of timelines that were never opened are not kept.
 */
export function putMessage(world: World, message: Message, asOf: number): void {
  const messages = world.timelines[message.ticket_id]?.messages
  const key = `messages:${message.id}`
  if (messages === undefined || (world.known[key] ?? -1) > asOf) return
  world.known[key] = asOf
  let at = messages.length
  while (at > 0 && (messages[at - 1]?.seq ?? 0) > message.seq) at -= 1
  if (messages[at - 1]?.seq === message.seq) messages[at - 1] = message
  else messages.splice(at, 0, message)
}

/** Takes a message off one ticket's timeline: it went to another, where a frame of its own puts it. */
export function removeMessage(world: World, gone: { ticket_id: string; message_id: string }, asOf: number): void {
  const timeline = world.timelines[gone.ticket_id]
  const key = `messages:${gone.message_id}`
  if (timeline === undefined || (world.known[key] ?? -1) > asOf) return
  world.known[key] = asOf
  timeline.messages = timeline.messages.filter((message) => message.id !== gone.message_id)
}

export function removeTicket(world: World, ticketId: string, asOf: number): void {
  world.known[`tickets:${ticketId}`] = asOf
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- tables are keyed by id
  delete world.tickets[ticketId]
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- as above
  delete world.timelines[ticketId]
}

/** The ticket as shown: its row with the guesses about it laid over. */
export function shownTicket(world: World, ticketId: string): (TicketRow & { guessed: boolean }) | null {
  const row = world.tickets[ticketId]
  if (row === undefined) return null
  const guesses = world.guesses.filter((guess) => guess.ticket_id === ticketId)
  return Object.assign({}, row, ...guesses.map((guess) => guess.patch), { guessed: guesses.length > 0 })
}
