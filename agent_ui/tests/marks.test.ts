import { expect, test } from 'vitest'
import { firstDoubt, undeliverableTo } from '@/composer/warnings'
import { causeOf } from '@/quarantine/causes'
import { changedSubject, defectsOf, isAutomatic, looksLike, marksOf, returnedTo } from '@/ticket/marks'
import { message } from './sample'

test('only the marks and defects that the desk noted are told', () => {
  const odd = message({ marks: { signed: true, encrypted: false, defects: ['charset-guessed', 7], hops: 2 } })
  expect(marksOf(odd)).toEqual(['signed'])
  expect(defectsOf(odd)).toEqual(['charset-guessed'])
  expect([marksOf(message()), defectsOf(message())]).toEqual([[], []])
})

test('mail of a machine is automatic, a line of the desk and a person are not', () => {
  expect(isAutomatic(message({ kind: 'system', mail_class: 'out_of_office' }))).toBe(true)
  expect(isAutomatic(message({ kind: 'system', mail_class: null }))).toBe(false)
  expect(isAutomatic(message({ kind: 'inbound', mail_class: 'person' }))).toBe(false)
})

test('whose address a mail bears without a proof is told, and that its check failed', () => {
  expect(looksLike(message({ why_here: { rule: 'signed_message_id', looks_like_user: 'u1' } }))).toBe('u1')
  expect(looksLike(message())).toBe(null)
  expect(marksOf(message({ marks: { not_proven: true } }))).toEqual(['not_proven'])
})

test('a changed subject is told by the trace', () => {
  expect(changedSubject(message({ why_here: { rule: 'stored_message_id', subject_changed: true } }))).toBe(true)
  expect(changedSubject(message({ why_here: { rule: 'stored_message_id' } }))).toBe(false)
})

test('those from whom it came back are named', () => {
  const to = { kind: 'to', name: '', address: 'a@x.example', delivery_state: 'bounced', delivery_error: 'no such user' } as const
  expect(returnedTo(message({ recipients: [to, { ...to, address: 'b@x.example', delivery_state: null }] }))).toEqual([to])
})

test('a warning names the requester and who is in copy, nobody else', () => {
  const somebody = (address: string, role: 'requester' | 'cc', undeliverable: boolean) => ({ role, contact_id: 'c', user_id: null, name: '', address, undeliverable })
  const all = [somebody('a@x', 'requester', true), somebody('b@x', 'cc', true), somebody('c@x', 'cc', true), somebody('d@x', 'cc', false)]
  expect(undeliverableTo(all, ['B@x', 'd@x'])).toEqual(['a@x', 'b@x'])
})

test('each doubt is settled by itself: who sends although a file seems missing was not asked about the address', () => {
  const found = { newer: false, address: true, file: true }
  expect(firstDoubt({ ...found, newer: true }, new Set())).toBe('newer')
  expect(firstDoubt(found, new Set(['file']))).toBe('address')
  expect(firstDoubt(found, new Set(['address']))).toBe('file')
  expect(firstDoubt(found, new Set(['address', 'file']))).toBeNull()
})

test.each([
  ['suspended', 'spam', 'spam'], ['quarantined', 'ParseFailed: x', 'unreadable'], ['suspended', 'something newer', 'unreadable'], ['suspended', null, 'unreadable'],
] as const)('%s for %s is shown as %s', (state, reason, cause) => {
  expect(causeOf({ state, reason })).toBe(cause)
})
