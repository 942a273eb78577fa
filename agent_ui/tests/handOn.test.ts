import { expect, test } from 'vitest'
import type { Presence, Queue, User } from '@/api/types'
import { mayBeAsked, queuesOf, takersOf } from '@/ticket/handOnList'

const user = (id: string, name: string, more: Partial<User> = {}): User => ({
  id, name, email: `${id}@x.example`, role: 'agent', locale: 'en', time_zone: 'UTC', active: true, version: 1, team_ids: [], created_at: '', ...more,
})
const presence = (user_id: string, state: Presence['state'], used: number): Presence => ({
  user_id, state, reason: null, closed: [], since: '', capacity: { email: 2 }, used: { email: used },
})
const queue = (id: string, name: string, active = true): Queue => ({
  id, name, team_id: 'g1', offer_seconds: 30, active, version: 1, agent_ids: [], team_ids: [], waiting: 0, oldest_waiting_at: null, offered: 0, active_orders: 0, stuck: 0,
})
const PEOPLE = [user('u1', 'Ana'), user('u2', 'Bo'), user('u3', 'Cy'), user('u4', 'Di', { role: 'observer' }), user('u5', 'Eve', { active: false }), user('u6', 'Fay')]
const PRESENCE = { u1: presence('u1', 'away', 0), u2: presence('u2', 'available', 2), u3: presence('u3', 'available', 1) }

test('who has room comes first, then who is full, then who takes no work; the holder and those who hold nothing are not there', () => {
  const takers = takersOf(PEOPLE, PRESENCE, { channel: 'email', except: ['u6', null], words: '' })
  expect(takers.map((taker) => [taker.user.name, taker.used, taker.total])).toEqual([['Cy', 1, 2], ['Bo', 2, 2], ['Ana', 0, 2]])
})

test('only who is there can be asked; of whom nothing is known here, the desk decides', () => {
  const takers = takersOf(PEOPLE, PRESENCE, { channel: 'email', except: [], words: '' })
  expect(Object.fromEntries(takers.map((taker) => [taker.user.name, mayBeAsked(taker)]))).toEqual({ Cy: true, Bo: true, Ana: false, Fay: true })
})

test('words find people and queues, whatever their case', () => {
  expect(takersOf(PEOPLE, PRESENCE, { channel: 'email', except: [], words: ' AN ' }).map((taker) => taker.user.id)).toEqual(['u1'])
  const queues = [queue('q1', 'Refunds'), queue('q2', 'Orders'), queue('q3', 'Old refunds', false), queue('q4', 'Big refunds')]
  expect(queuesOf(queues, { queueId: 'q1', words: 'refund' }).map((one) => one.id)).toEqual(['q4'])
})
