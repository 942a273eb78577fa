import { describe, expect, test } from 'vitest'
import type { Notice, User } from '@/api/types'
import { apply } from '@/realtime/apply'
import { parseWord, type Frame } from '@/realtime/frames'
import { emptyWorld, put, putMessage, putTicket, shownTicket, type Timeline, type World } from '@/realtime/world'
import { frame, message, offer, ticketRow, ticketValues } from './sample'

const timeline = (): Timeline => ({ messages: [], earlier: false, state: 'ready', details: null })

function worldAfter(frames: Frame[], from: World = emptyWorld()): World {
  for (const one of frames) apply(from, one)
  return from
}

const USER: User = { id: 'u1', name: 'Sofia', email: 's@x.example', role: 'agent', locale: 'en', time_zone: 'UTC', active: true, version: 2, team_ids: [], created_at: '' }

const NOTICE: Notice = { id: 'n1', escalation_id: 'e1', ticket_id: 't1', ticket_number: 7, metric: 'first_reply', audience: 'customer', due_at: '', created_at: '', seen_at: null, acknowledged_at: null, acknowledged_by: null }

const EVERY_KIND: Frame[] = [
  frame('ticket', 1, ticketValues()),
  frame('message', 2, message({ seq: 3 })),
  frame('offer', 3, offer()),
  frame('presence', 4, { user_id: 'u1', state: 'away', reason: 'break', closed: [], since: '', capacity: {}, used: {} }),
  frame('queue', 5, { id: 'q1', name: 'Refunds', team_id: 'g1', offer_seconds: 30, active: true, version: 1, agent_ids: [], team_ids: [], waiting: 2, oldest_waiting_at: null, offered: 0, active_orders: 0, stuck: 0 }),
  frame('user', 6, USER),
  frame('team', 7, { id: 'g1', name: 'Orders', member_ids: ['u1'], version: 1 }),
  frame('inbox', 8, { id: 'i1', channel: 'email', name: 'Help', address: 'h@x.example', queue_id: 'q1', brand_id: 'b1', active: true, version: 1, brake: null }),
  frame('contact', 9, { id: 'c1', name: 'Lin Wei-Hansen', address: 'lin@x.example' }),
  frame('escalation', 9, NOTICE),
  frame('ticket', 10, ticketValues({ status: 'pending', version: 2 })),
  frame('ticket.removed', 11, { ticket_id: 't2' }),
  frame('message.removed', 11, { ticket_id: 't1', message_id: 'm9' }),
  frame('position', 12, {}),
]

describe('a frame changes the world', () => {
  test('each kind lands in its table under its id', () => {
    const world = worldAfter(EVERY_KIND)
    expect(world.tickets.t1?.status).toBe('pending')
    expect(world.offers.o1?.contact?.name).toBe('Lin Wei-Hansen')
    expect(world.presence.u1?.state).toBe('away')
    expect([world.queues.q1?.waiting, world.users.u1?.name, world.teams.g1?.name, world.inboxes.i1?.address]).toEqual([2, 'Sofia', 'Orders', 'h@x.example'])
    expect(world.notices.n1?.ticket_number).toBe(7)
    expect(world.position).toBe(12)
  })

  test('applying every frame twice is the same as applying it once', () => {
    const twice = worldAfter(EVERY_KIND.flatMap((one) => [one, one]))
    expect(twice).toEqual(worldAfter(EVERY_KIND))
  })

  test('a removed ticket takes its timeline with it and does not come back with an older frame', () => {
    const world = worldAfter([frame('ticket', 5, ticketValues())])
    world.timelines.t1 = timeline()
    worldAfter([frame('ticket.removed', 9, { ticket_id: 't1' }), frame('ticket', 7, ticketValues())], world)
    expect([world.tickets.t1, world.timelines.t1]).toEqual([undefined, undefined])
  })

  test('a ticket that may be seen again comes back with a newer frame', () => {
    const world = worldAfter([frame('ticket.removed', 9, { ticket_id: 't1' }), frame('ticket', 10, ticketValues())])
    expect(world.tickets.t1?.number).toBe(1)
  })

  test('a message that went to another ticket leaves the old timeline, and an older frame does not bring it back', () => {
    const world = emptyWorld()
    world.timelines = { t1: timeline(), t2: timeline() }
    const moved = message({ id: 'm1', ticket_id: 't2', seq: 1 })
    worldAfter([
      frame('message', 4, message({ id: 'm1', ticket_id: 't1', seq: 2 })),
      frame('message.removed', 5, { ticket_id: 't1', message_id: 'm1' }),
      frame('message', 6, moved),
      frame('message', 4, message({ id: 'm1', ticket_id: 't1', seq: 2 })),
    ], world)
    expect([world.timelines.t1?.messages, world.timelines.t2?.messages]).toEqual([[], [moved]])
  })

  test('messages of timelines that were never opened are not kept', () => {
    expect(worldAfter([frame('message', 1, message())]).timelines).toEqual({})
  })

  test('messages stand ascending by seq whatever order they came in, the newest value of each', () => {
    const world = emptyWorld()
    world.timelines.t1 = timeline()
    const seqs = [4, 1, 3, 2, 3]
    worldAfter(seqs.map((seq, index) => frame('message', index + 1, message({ seq, text: `as of ${index}` }))), world)
    expect(world.timelines.t1.messages.map((one) => [one.seq, one.text])).toEqual([[1, 'as of 1'], [2, 'as of 3'], [3, 'as of 4'], [4, 'as of 0']])
  })

  test('a read that was asked before a frame came does not overwrite it', () => {
    const world = worldAfter([frame('ticket', 8, ticketValues({ status: 'solved' }))])
    put(world, 'tickets', ticketRow({ status: 'open' }), 7)
    expect(world.tickets.t1?.status).toBe('solved')
  })

  test('a frame older than the answer to a write is passed over, and the position still moves on', () => {
    const world = emptyWorld()
    put(world, 'tickets', ticketRow({ status: 'solved' }), 20)
    apply(world, frame('ticket', 19, ticketValues({ status: 'open' })))
    expect([world.tickets.t1?.status, world.position]).toEqual(['solved', 19])
  })
})

describe('an open ticket', () => {
  const NOTHING = { reply: false, note: false, change: false, take: false }
  const opened = (): World => {
    const world = worldAfter([frame('ticket', 1, ticketValues())])
    world.timelines.t1 = timeline()
    return world
  }

  test('takes what may be done, and who takes part, from the frame', () => {
    const world = opened()
    const participants = [{ role: 'cc' as const, contact_id: 'c2', user_id: null, name: 'Bo', address: 'bo@x.example', undeliverable: false }]
    apply(world, frame('ticket', 2, ticketValues({ status: 'closed', participants, allowed_statuses: [], may: NOTHING })))
    expect(world.timelines.t1?.details).toEqual({ participants, allowed_statuses: [], may: NOTHING, merged_into_id: null })
    expect(world.tickets.t1).toEqual(ticketRow({ status: 'closed' }))
  })

  test('keeps what a later position told of it', () => {
    const world = opened()
    apply(world, frame('ticket', 9, ticketValues({ allowed_statuses: ['open'] })))
    putTicket(world, ticketValues({ allowed_statuses: ['pending'] }), 8)
    expect(world.timelines.t1?.details?.allowed_statuses).toEqual(['open'])
  })

  const bo = { role: 'cc' as const, contact_id: 'c1', user_id: null, name: 'Lin Wei', address: 'lin@x.example', undeliverable: false }
  const mina = { role: 'follower' as const, contact_id: null, user_id: 'u3', name: 'Mina', address: 'mina@x.example', undeliverable: false }

  test('a contact whose mail comes back, or does no more, is marked wherever they take part', () => {
    const world = opened()
    apply(world, frame('ticket', 2, ticketValues({ participants: [bo, mina] })))
    const told = (undeliverable: boolean) => frame('contact', 5, { id: 'c1', name: 'Lin Wei', address: 'lin@x.example', undeliverable })
    apply(world, told(true))
    expect(world.timelines.t1?.details?.participants).toEqual([{ ...bo, undeliverable: true }, mina])
    apply(world, told(false))
    expect(world.timelines.t1?.details?.participants).toEqual([bo, mina])
  })

  test.each([
    ['contact', frame('contact', 5, { id: 'c1', name: 'Lin', address: 'lin@new.example' }), [{ ...bo, name: 'Lin', address: 'lin@new.example' }, mina], ['Lin', 'Mina']],
    ['user', frame('user', 5, { ...USER, id: 'u3', name: 'Mina Holt', email: 'holt@x.example' }), [bo, { ...mina, name: 'Mina Holt', address: 'holt@x.example' }], ['Lin Wei', 'Mina Holt']],
  ])('shows the new name of a %s wherever they wrote or take part', (_, renamed, participants, authors) => {
    const world = opened()
    apply(world, frame('ticket', 2, ticketValues({ participants: [bo, mina] })))
    apply(world, frame('message', 3, message({ seq: 1 })))
    apply(world, frame('message', 4, message({ seq: 2, author: { kind: 'user', id: 'u3', name: 'Mina' } })))
    apply(world, renamed)
    expect(world.timelines.t1?.details?.participants).toEqual(participants)
    expect(world.timelines.t1?.messages.map((one) => one.author.name)).toEqual(authors)
  })

  test('a contact who got another address is shown with it in the rows of tickets and offers', () => {
    const world = worldAfter([frame('ticket', 1, ticketValues()), frame('offer', 2, offer()), frame('contact', 3, { id: 'c1', name: 'Lin', address: 'lin@new.example' })])
    expect([world.tickets.t1?.contact, world.offers.o1?.contact]).toEqual(Array(2).fill({ id: 'c1', name: 'Lin', address: 'lin@new.example' }))
  })
})

describe('guesses', () => {
  const guessed = (position: number | null): World => {
    const world = worldAfter([frame('ticket', 1, ticketValues())])
    world.guesses = [{ key: 'k', ticket_id: 't1', patch: { status: 'solved' }, position }]
    return world
  }

  test('a guess is laid over the row and marked', () => {
    expect(shownTicket(guessed(null), 't1')).toMatchObject({ status: 'solved', guessed: true })
  })

  test.each([
    ['stays while its position is not known', null, 5, true],
    ['stays until its position is reached', 6, 5, true],
    ['goes with the frame of its position', 5, 5, false],
    ['goes with a later frame', 4, 5, false],
  ])('%s', (_, position, reached, stays) => {
    const world = worldAfter([frame('position', reached, {})], guessed(position))
    expect(world.guesses.length === 1).toBe(stays)
  })

  test('a wrong guess is corrected by the frame', () => {
    const world = worldAfter([frame('ticket', 5, ticketValues({ status: 'on_hold' }))], guessed(5))
    expect(shownTicket(world, 't1')).toMatchObject({ status: 'on_hold', guessed: false })
  })
})

describe('words from the socket', () => {
  test('a frame of a kind that this console does not know moves the position on', () => {
    expect(parseWord('{"type":"frame","kind":"clock","position":7,"data":{}}')).toMatchObject({ kind: 'position', position: 7 })
  })

  test('a word of an unknown type is passed over', () => {
    expect(parseWord('{"type":"weather"}')).toBeNull()
  })
})

test('a message read before a frame told of it does not take its newer delivery state back', () => {
  const world = emptyWorld()
  world.timelines.t1 = timeline()
  apply(world, frame('message', 8, message({ text: 'sent' })))
  putMessage(world, message({ text: 'queued' }), 7)
  expect(world.timelines.t1.messages.map((each) => each.text)).toEqual(['sent'])
})
