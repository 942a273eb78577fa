import { describe, expect, test } from 'vitest'
import type { Inbox, Queue } from '@/api/types'
import { problemFrom, refusedFields } from '@/api/problem'
import { newerInbound, parseAddresses, seemsToMissAttachment } from '@/composer/warnings'
import { matchShortcut, pressName, type Shortcut } from '@/keys/registry'
import { safeNext } from '@/router'
import { browserName } from '@/settings/browserName'
import { ownFirst } from '@/shell/inboxOrder'
import { linkParts } from '@/ticket/linkParts'
import { isFolded, openFrom, timelineParts } from '@/ticket/timelineParts'
import { dayKey, formatCountdown, formatSpan, localTime } from '@/time/format'
import { compareHurt, groupMyWork } from '@/workspace/order'
import { message, ticketRow } from './sample'

test.each([
  [0, '0:00'], [42_000, '0:42'], [599_000, '9:59'], [600_000, '10 min'], [3_599_000, '59 min'], [3_600_000, '1 hr'], [5_460_000, '1 hr 31 min'],
  [37_000_000, '10 hr'], [172_800_000, '2 days'], [-5, '0:00'],
])('%i ms read as %s', (ms, words) => {
  expect(formatSpan(ms, 'en')).toBe(words)
})

test('a span is told in the chosen language', () => {
  expect(formatSpan(5_460_000, 'zh-CN')).toBe('1小时 31分钟')
})

test.each([[61_000, '1:01'], [3_661_000, '1:01:01'], [-1, '0:00']])('%i ms count as %s', (ms, words) => {
  expect(formatCountdown(ms)).toBe(words)
})

test('a day is that of the reader, not of the desk', () => {
  const moment = '2026-11-22T23:30:00+00:00'
  expect([dayKey(moment, 'UTC'), dayKey(moment, 'Asia/Shanghai')]).toEqual(['2026-11-22', '2026-11-23'])
})

test('a zone that the browser does not know gives no local time', () => {
  expect([localTime(0, 'en', 'Nowhere/Land'), localTime(0, 'en', 'Asia/Shanghai')]).toEqual([null, '08:00'])
})

describe('my work', () => {
  const waits = (id: string, since: string | null, part = {}) => ticketRow({ id, waiting_since: since, assignee_id: 'u1', ...part })

  test('who waits longest comes first, then the urgent, and those who do not wait last', () => {
    const rows = [waits('idle', null), waits('short', '2026-11-22T11:00:00Z'), waits('idle-urgent', null, { priority: 4 }), waits('long', '2026-11-22T09:00:00Z')]
    expect(rows.sort(compareHurt).map((row) => row.id)).toEqual(['long', 'short', 'idle-urgent', 'idle'])
  })

  test('tickets fall into their groups by status, those of others into none', () => {
    const rows = [
      waits('a', null, { status: 'open' }), waits('n', null, { status: 'new' }), waits('p', null, { status: 'pending' }), waits('h', null, { status: 'on_hold' }),
      waits('s', null, { status: 'solved', updated_at: 'today' }), waits('old', null, { status: 'solved', updated_at: 'before' }),
      waits('c', null, { status: 'closed' }), waits('theirs', null, { assignee_id: 'u2' }),
    ]
    const work = groupMyWork(rows, 'u1', (iso) => iso === 'today')
    const ids = Object.values(work).map((group: { id: string }[]) => group.map((row) => row.id).sort())
    expect(ids).toEqual([['a', 'n'], ['h', 'p'], ['s']])
  })
})

test.each([
  ['I attached the invoice', 0, true], ['see the attachments', 0, true], ['请查收附件', 0, true], ['I attached it', 1, false], ['attaché case', 0, false], ['No file here', 0, false],
])('"%s" with %i files: warns %s', (text, files, warns) => {
  expect(seemsToMissAttachment(text, files)).toBe(warns)
})

test('only words of the contact after what the writer had seen are newer', () => {
  const list = [message({ seq: 1 }), message({ seq: 2, kind: 'outbound' }), message({ seq: 3 }), message({ seq: 4, kind: 'note' })]
  expect([newerInbound(list, 2)?.seq, newerInbound(list, 3), newerInbound(list, null)]).toEqual([3, null, null])
})

test('a copy line takes addresses however they are separated and names what is none', () => {
  expect(parseAddresses('a@b.example; <c@d.example>，nobody e@f')).toEqual({ right: ['a@b.example', 'c@d.example'], wrong: ['nobody', 'e@f'] })
})

test.each([
  ['see https://a.example/x.', ['see ', 'https://a.example/x', '.'], [null, 'https://a.example/x', null]],
  ['（https://a.example/路径）', ['（', 'https://a.example/路径', '）'], [null, 'https://a.example/路径', null]],
  ['javascript:alert(1)', ['javascript:alert(1)'], [null]],
  ['', [], []],
])('links in "%s"', (text, texts, hrefs) => {
  const parts = linkParts(text)
  expect([parts.map((part) => part.text), parts.map((part) => part.href)]).toEqual([texts, hrefs])
})

describe('the timeline', () => {
  test('a new day gets a line', () => {
    const list = [message({ seq: 1, created_at: 'mon' }), message({ seq: 2, created_at: 'mon' }), message({ seq: 3, created_at: 'tue' })]
    const drawn = timelineParts(list, (iso) => iso).map((part) => (part.type === 'day' ? part.at : part.message.seq))
    expect(drawn).toEqual(['mon', 1, 2, 'tue', 3])
  })

  test.each([
    ['an old mail folds', { seq: 4 }, 5, true], ['a new mail stays', { seq: 5 }, 5, false], ['an old note stays', { kind: 'note' as const }, 9, false], ['an old chat line stays', { channel: 'chat' as const }, 9, false],
    ['an old mail that was not sent stays', { kind: 'outbound' as const, delivery: { state: 'failed' as const, error: null, attempts: 1, at: null } }, 9, false],
  ])('%s', (_, part, from, folded) => {
    expect(isFolded(message(part), from)).toBe(folded)
  })

  test.each([[[], 0], [[1, 2], 0], [[1, 2, 3], 1], [[2, 5, 6, 9], 5]])('of the messages %j those from %i on stay open', (seqs, from) => {
    expect(openFrom(seqs.map((seq) => message({ seq })))).toBe(from)
  })
})

describe('keys', () => {
  const shortcut = (keys: string, inFields = false): Shortcut => ({ keys, label: keys, run: () => undefined, inFields })
  const list = [shortcut('j'), shortcut('g i'), shortcut('i'), shortcut('alt+enter', true), shortcut('enter')]

  test.each([
    [null, 'j', false, true, 'j'], ['g', 'i', false, true, 'g i'], [null, 'i', false, true, 'i'], [null, 'j', true, true, null], [null, 'alt+enter', true, false, 'alt+enter'],
    [null, 'j', false, false, null], ['g', 'i', false, false, null], [null, 'enter', false, false, 'enter'], [null, 'mod+j', false, true, null],
  ])('after %s, %s (in a field: %s, single keys: %s) means %s', (before, pressed, inField, singles, expected) => {
    expect(matchShortcut(list, before, pressed, { inField, singles })?.keys ?? null).toBe(expected)
  })

  test('a press is named with its modifiers in a fixed order', () => {
    expect(pressName({ key: 'Enter', mod: true, alt: true })).toBe('mod+alt+enter')
  })
})

test.each([
  ['/work/1', '/work/1'], ['//evil.example', '/'], ['/\\evil.example', '/'], ['https://evil.example', '/'], ['/sign-in?next=/x', '/'], [undefined, '/'],
])('after signing in with next=%s one goes to %s', (next, to) => {
  expect(safeNext(next)).toBe(to)
})

test.each([
  [409, { code: 'wrong-step', title: 'T', allowed: ['open'] }, 'wrong-step', { allowed: ['open'] }], [502, '<html>', 'server-error', {}], [418, null, 'http-418', {}],
])('an answer of %i becomes the problem %s', (status, body, code, facts) => {
  const problem = problemFrom(status, body)
  expect([problem.code, problem.facts]).toEqual([code, facts])
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64) Gecko Firefox/140.0', 'Firefox, Linux'], ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/150 Safari/537 Edg/150', 'Edge, Windows'], ['curl/8', 'curl/8'],
])('%s is %s', (agent, name) => {
  expect(browserName(agent)).toBe(name)
})

test.each([
  [[{ path: 'subject', message: '' }], {}, ['subject']],
  [[{ path: 'contact.address', message: '' }, { path: 'cc.0', message: '' }], {}, ['address', 'cc']],
  [[], { field: 'text' }, ['text']],
  [[{ path: '', message: '' }], {}, []],
])('the fields refused by %j and %j are %j', (errors, facts, fields) => {
  expect(refusedFields(problemFrom(422, { code: 'invalid-request', errors, ...facts }))).toEqual(fields)
})

test.each([
  [['support'], ['Help', 'Orders', 'Billing']],
  [['billing'], ['Billing', 'Help', 'Orders']],
  [[], ['Billing', 'Help', 'Orders']],
])('for somebody in the teams %j a new ticket offers the inboxes %j', (teamIds, names) => {
  const inbox = (name: string, queue_id: string) => ({ id: name, name, queue_id }) as Inbox
  const queues = { s: { team_id: 'support' }, b: { team_id: 'billing' } } as unknown as Record<string, Queue>
  expect(ownFirst([inbox('Orders', 's'), inbox('Billing', 'b'), inbox('Help', 's')], queues, teamIds).map((one) => one.name)).toEqual(names)
})
