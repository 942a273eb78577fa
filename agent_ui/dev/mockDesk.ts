/** A small desk in the memory of the vite server: enough of the HTTP and socket contract to look at every screen. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Message, Offer, TicketRow } from '../src/api/types'
import * as sample from './sample.ts'

const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; frame-src 'self'; font-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

interface Call {
  method: string
  path: string
  query: URLSearchParams
  json: Record<string, unknown>
}
type Outcome = { status?: number; body?: unknown; headers?: Record<string, string> }
type Route = [method: string, path: RegExp, answer: (call: Call, match: string[]) => Outcome]

class Desk {
  position = 100
  signedIn = true
  sockets = new Set<WebSocket>()
  offers: Offer[] = []
  messages = new Map<string, Message[]>()

  push(kind: string, data: unknown): number {
    this.position += 1
    const frame = JSON.stringify({ type: 'frame', position: this.position, at: new Date().toISOString(), kind, data })
    for (const socket of this.sockets) setTimeout(() => socket.send(frame), 60)
    return this.position
  }

  ticket(id: string | undefined): TicketRow {
    const found = sample.tickets.find((row) => row.id === id)
    if (found === undefined) throw new Error('not-found')
    return found
  }

  timeline(row: TicketRow): Message[] {
    const known = this.messages.get(row.id) ?? sample.messagesOf(row)
    this.messages.set(row.id, known)
    return known
  }

  change(row: TicketRow, change: Partial<TicketRow>): Outcome {
    Object.assign(row, change, { version: row.version + 1, updated_at: new Date().toISOString() })
    const position = this.tellTicket(row)
    return { body: this.details(row), headers: { 'X-Position': String(position), ETag: `"${row.version}"` } }
  }

  tellTicket(row: TicketRow): number {
    return this.push('ticket', this.values(row))
  }

  details(row: TicketRow): object {
    return { ...this.values(row), position: this.position }
  }

  values(row: TicketRow): object {
    return {
      ...row, allowed_statuses: ['open', 'pending', 'on_hold', 'solved'].filter((status) => status !== row.status),
      participants: [{ role: 'requester', contact_id: row.contact?.id, user_id: null, name: row.contact?.name, address: row.contact?.address }],
      may: { reply: true, note: true, change: true, take: row.assignee_id === null },
    }
  }

  write(row: TicketRow, part: Partial<Message>, json: Record<string, unknown>): Outcome {
    const list = this.timeline(row)
    const message = sample.message(row, (list.at(-1)?.seq ?? 0) + 1, 0, { ...part, text: String(json.text), created_at: new Date().toISOString() })
    list.push(message)
    if (json.set_status) Object.assign(row, { status: json.set_status })
    if (part.kind === 'outbound') Object.assign(row, { waiting_since: null, last_message_from: 'agent', last_words: message.text })
    this.push('message', message)
    if (message.delivery) setTimeout(() => this.push('message', { ...message, delivery: { ...message.delivery, state: 'sent' } }), 900)
    return { status: 201, body: message, headers: { 'X-Position': String(this.tellTicket(row)) } }
  }

  sendAgain(id: string | undefined): Outcome {
    const message = [...this.messages.values()].flat().find((one) => one.id === id)
    if (message?.delivery?.state !== 'failed' && message?.delivery?.state !== 'unknown') return problem(409, 'not-failed')
    message.delivery = { state: 'queued', error: null, attempts: 0, at: new Date().toISOString() }
    const sent: Message = { ...message, delivery: { ...message.delivery, state: 'sent', attempts: 1 } }
    setTimeout(() => this.push('message', sent), 900)
    return { body: message, headers: { 'X-Position': String(this.push('message', message)) } }
  }
}

const page = (items: unknown[], next: string | null = null): Outcome => ({ body: { items, next } })
const problem = (status: number, code: string, more: object = {}): Outcome => ({ status, body: { type: `/problems/${code}`, title: code, status, code, ...more } })

function listTickets(query: URLSearchParams): Outcome {
  const statuses = query.get('status')?.split(',')
  const view = query.get('view')
  const q = query.get('q')?.toLowerCase()
  const rows = sample.tickets
    .filter((row) => (view === 'mine' ? row.assignee_id === sample.me.id : view === 'unassigned' ? row.assignee_id === null : true))
    .filter((row) => (statuses ? statuses.includes(row.status) : view !== 'mine' || row.status !== 'solved'))
    .filter((row) => !query.get('queue_id') || row.queue_id === query.get('queue_id'))
    .filter((row) => !q || `${row.subject} ${row.number} ${row.contact?.name ?? ''}`.toLowerCase().includes(q))
  const from = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  return page(rows.slice(from, from + limit), from + limit < rows.length ? String(from + limit) : null)
}

function routes(desk: Desk): Route[] {
  return [
    ['GET', /^\/setup$/, () => ({ body: { needed: false } })],
    ['GET', /^\/session$/, () => (desk.signedIn ? { body: sample.session() } : problem(401, 'not-signed-in'))],
    ['POST', /^\/session$/, ({ json }) => {
      if (json.password === 'slow') return problem(429, 'too-many-attempts', { retry_after_seconds: 40 })
      if (json.password === 'wrong') return problem(401, 'wrong-credentials')
      desk.signedIn = true
      return { body: sample.session() }
    }],
    ['DELETE', /^\/session$/, () => { desk.signedIn = false; return { status: 204 } }],
    ['GET', /^\/sessions$/, () => page([{ id: '1', created_at: new Date().toISOString(), last_seen_at: new Date().toISOString(), address: '127.0.0.1', user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', current: true }, { id: '2', created_at: new Date().toISOString(), last_seen_at: new Date().toISOString(), address: '10.0.0.7', user_agent: 'Mozilla/5.0 (iPhone; CPU) Safari/604', current: false }])],
    ['PATCH', /^\/me$/, ({ json }) => { Object.assign(sample.me, json); return { body: sample.me, headers: { 'X-Position': String(desk.push('user', sample.me)) } } }],
    ['PUT', /^\/me\/presence$/, ({ json }) => {
      const mine = Object.assign(sample.presence[0] as object, json, { since: new Date().toISOString() })
      return { body: mine, headers: { 'X-Position': String(desk.push('presence', mine)) } }
    }],
    ['GET', /^\/users$/, () => page(sample.users)], ['GET', /^\/teams$/, () => page(sample.teams)], ['GET', /^\/queues$/, () => page(sample.queues)],
    ['GET', /^\/inboxes$/, () => page(sample.inboxes)], ['GET', /^\/presence$/, () => page(sample.presence)], ['GET', /^\/offers$/, () => page(desk.offers)], ['GET', /^\/escalations$/, () => page([])],
    ['POST', /^\/dev\/offer$/, () => { const made = sample.offer(); desk.offers.push(made); desk.push('offer', made); return { body: made } }],
    ['POST', /^\/dev\/drop$/, () => { for (const socket of desk.sockets) socket.close(1012); return { status: 204 } }],
    ['POST', /^\/dev\/mind$/, () => { for (const socket of desk.sockets) socket.send(JSON.stringify({ type: 'ephemeral', kind: 'viewing', ticket_id: sample.tickets[0]?.id, user_id: sample.users[1]?.id, at: '' })); return { status: 204 } }],
    ['POST', /^\/dev\/inbound$/, () => {
      const row = desk.ticket(sample.tickets[0]?.id)
      desk.write(row, { kind: 'inbound', author: { kind: 'contact', id: null, name: 'Lin Wei' } }, { text: 'One more thing: the account is in euro.' })
      return { status: 204 }
    }],
    ['POST', /^\/offers\/([^/]+)\/(accept|decline)$/, (_, [, id, verb]) => {
      const found = desk.offers.find((one) => one.id === id)
      if (found === undefined || found.state !== 'open') return problem(409, 'offer-gone', { state: 'timed_out' })
      Object.assign(found, { state: verb === 'accept' ? 'accepted' : 'declined' })
      if (verb === 'accept') desk.change(desk.ticket(found.ticket_id), { assignee_id: sample.me.id, status: 'open' })
      return { body: verb === 'accept' ? { ticket_id: found.ticket_id, offer: found } : found, headers: { 'X-Position': String(desk.push('offer', found)) } }
    }],
    ['GET', /^\/tickets$/, ({ query }) => listTickets(query)],
    ['GET', /^\/tickets\/([^/]+)$/, (_, [, id]) => { const row = desk.ticket(id); return { body: { ...desk.details(row), messages: { items: desk.timeline(row), earlier: null } } } }],
    ['PATCH', /^\/tickets\/([^/]+)$/, ({ json }, [, id]) => desk.change(desk.ticket(id), json)],
    ['POST', /^\/tickets\/([^/]+)\/take$/, (_, [, id]) => desk.change(desk.ticket(id), { assignee_id: sample.me.id, status: 'open' })],
    ['POST', /^\/tickets\/([^/]+)\/read$/, (_, [, id]) => { Object.assign(desk.ticket(id), { unread: false }); desk.tellTicket(desk.ticket(id)); return { status: 204 } }],
    ['POST', /^\/tickets\/([^/]+)\/replies$/, ({ json }, [, id]) => {
      const row = desk.ticket(id)
      const newest = desk.timeline(row).filter((one) => one.kind === 'inbound').at(-1)?.seq ?? 0
      if (newest > Number(json.seen_seq)) return problem(409, 'newer-message', { seq: newest })
      return desk.write(row, { kind: 'outbound', delivery: { state: 'queued', error: null, attempts: 0, at: new Date().toISOString() } }, json)
    }],
    ['POST', /^\/tickets\/([^/]+)\/notes$/, ({ json }, [, id]) => desk.write(desk.ticket(id), { kind: 'note' }, json)],
    ['POST', /^\/messages\/([^/]+)\/send-again$/, (_, [, id]) => desk.sendAgain(id)],
    ['GET', /^\/tickets\/([^/]+)\/activity$/, () => page([
      { position: 1, at: new Date().toISOString(), actor: { kind: 'system', id: null, name: '' }, kind: 'ticket.opened', payload: { number: 1 }, trace: null },
      { position: 2, at: new Date().toISOString(), actor: { kind: 'user', id: sample.me.id, name: sample.me.name }, kind: 'ticket.status_changed', payload: { from: 'new', to: 'open' }, trace: null },
    ])],
    ['GET', /^\/contacts\/([^/]+)$/, (_, [, id]) => ({ body: { ...sample.contacts.find((one) => one.id === id), tickets: sample.tickets.filter((row) => row.contact?.id === id).slice(0, 4) } })],
    ['PATCH', /^\/contacts\/([^/]+)$/, ({ json }, [, id]) => { const one = Object.assign(sample.contacts.find((other) => other.id === id) ?? {}, json); return { body: one, headers: { 'X-Position': String(desk.push('contact', one)) } } }],
    ['POST', /^\/uploads$/, () => ({ status: 201, body: { id: crypto.randomUUID(), filename: 'file', content_type: 'image/png', size_bytes: 48_211 } })],
    ['GET', /^\/messages\/([^/]+)\/html$/, () => ({ body: '<!doctype html><body style="font:14px sans-serif"><p>Hello, we returned <b>two Fjell 60 packs</b>.</p><table border=1 cellpadding=6><tr><td>Order</td><td>88213</td></tr></table><script>parent.document.title="broken"</script>', headers: { 'Content-Type': 'text/html', 'Content-Security-Policy': 'sandbox', 'X-Remote-Pictures': '3' } })],
  ]
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  if (!request.headers['content-type']?.includes('json')) return {}
  return JSON.parse(Buffer.concat(parts).toString() || '{}') as Record<string, unknown>
}

export function mockDesk(): Plugin {
  const desk = new Desk()
  const table = routes(desk)

  async function handle(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (!url.pathname.startsWith('/api/')) {
      if (process.env.CSP) response.setHeader('Content-Security-Policy', CSP)
      return next()
    }
    const call: Call = { method: request.method ?? 'GET', path: url.pathname.slice(4), query: url.searchParams, json: await readJson(request) }
    const method = call.method === 'HEAD' ? 'GET' : call.method
    let outcome = problem(404, 'not-found')
    for (const [verb, path, answer] of table) {
      const match = verb === method ? path.exec(call.path) : null
      if (match) try { outcome = answer(call, [...match]); break } catch { break }
    }
    response.writeHead(outcome.status ?? 200, { 'Content-Type': 'application/json', ...outcome.headers })
    response.end(outcome.body === undefined || call.method === 'HEAD' ? undefined : typeof outcome.body === 'string' ? outcome.body : JSON.stringify(outcome.body))
  }

  function listen(server: Server): void {
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, raw, head) => {
      if (!request.url?.startsWith('/api/socket')) return
      sockets.handleUpgrade(request, raw, head, (socket) => {
        const position = new URL(request.url ?? '', 'http://localhost').searchParams.get('position')
        desk.sockets.add(socket)
        socket.on('close', () => desk.sockets.delete(socket))
        socket.send(JSON.stringify({ type: 'hello', position: desk.position, server_time: new Date().toISOString(), user_id: sample.me.id, resumed: position !== null }))
      })
    })
  }

  return {
    name: 'mock-desk',
    configureServer(server) {
      server.middlewares.use((request, response, next) => void handle(request, response, next))
      if (server.httpServer) listen(server.httpServer as Server)
    },
    configurePreviewServer(server) {
      server.middlewares.use((request, response, next) => void handle(request, response, next))
      listen(server.httpServer as Server)
    },
  }
}
