import { expect, test } from 'vitest'
import type { Inbox, InboxState, MailboxFolder, MailProvider } from '@/api/types'
import { blankForm, providerInUse, providerOf, toForm, toSettings, useProvider } from '@/inboxes/form'
import { lookOf, progressOf } from '@/inboxes/inboxLook'

const INBOX: Inbox = { id: 'i1', channel: 'email', name: 'Help', address: 'h@x.example', queue_id: 'q1', brand_id: 'b1', active: true, version: 3, brake: null }
const GMAIL = {
  id: 'gmail', name: 'Gmail', domains: ['gmail.com'], hints: [], imap_host: 'imap.gmail.com', imap_port: 993, smtp_host: 'smtp.gmail.com', smtp_port: 587,
  smtp_security: 'starttls', sign_in: ['xoauth2', 'password'], oauth: 'google', sent_folder: '[Gmail]/Sent Mail', keeps_sent: true,
} as MailProvider
const folder = (state: MailboxFolder['state'], done = 0, total = 0): MailboxFolder => ({ folder: 'INBOX', state, error: null, attempts: 0, progress_done: done, progress_total: total, last_mail_at: null })
const stands = (...folders: MailboxFolder[]): InboxState => ({ inbox_id: 'i1', last_mail_at: null, folders })

test('a section that is not in use is not sent', () => {
  expect(toSettings(blankForm('q1'))).toMatchObject({ imap: null, smtp: null, oauth: null, dkim: null, sent_copy: false })
})

test('what is stored comes back as it was, secrets as set', () => {
  const settings = { from_name: 'Acme', people_lists: ['a.b', 'c.d'], imap: { host: 'imap.x', username: 'u', password: true, folders: ['INBOX', 'Other'], since: '2026-01-01' }, newer: 1 }
  const form = toForm(INBOX, { inbox_id: 'i1', version: 3, settings, dkim: null })
  expect(form).toMatchObject({ name: 'Help', fetches: true, ownRelay: false, people_lists: 'a.b\nc.d' })
  expect(toSettings(form)).toMatchObject({ from_name: 'Acme', people_lists: ['a.b', 'c.d'], imap: { host: 'imap.x', password: true, folders: ['INBOX', 'Other'], since: '2026-01-01' }, smtp: null })
})

test('a provider fills in both ways, and tokens where it wants them', () => {
  const form = { ...blankForm('q1'), address: 'help@gmail.com' }
  useProvider(form, GMAIL)
  expect(toSettings(form)).toMatchObject({
    imap: { host: 'imap.gmail.com', username: 'help@gmail.com', sign_in: 'xoauth2' }, smtp: { host: 'smtp.gmail.com', port: 587 }, oauth: { provider: 'google' }, sent_copy: false,
  })
  expect(providerInUse(form, [GMAIL])).toBe(GMAIL)
  expect(providerInUse(blankForm('q1'), [GMAIL])).toBeNull()
})

test.each([['a@gmail.com', true], ['a@GMAIL.com ', true], ['a@gmail.com.example', false], ['gmail', false]])('%s is an address of the provider: %s', (address, known) => {
  expect(providerOf(address, [GMAIL]) === GMAIL).toBe(known)
})

test('an inbox shows what hurts most', () => {
  expect(lookOf(INBOX, undefined)).toBe('forwarded')
  expect(lookOf(INBOX, stands(folder('listening'), folder('failed')))).toBe('failed')
  expect(lookOf(INBOX, stands(folder('off')))).toBe('forwarded')
  expect(lookOf({ ...INBOX, brake: { opened_at: '', open_until: '', reason: 'too_many', count: 40 } }, stands(folder('failed')))).toBe('brake')
  expect(lookOf({ ...INBOX, active: false }, stands(folder('listening')))).toBe('off')
})

test('progress is that of all folders in their first sync', () => {
  expect(progressOf(stands(folder('first_sync', 10, 40), folder('first_sync', 10, 10), folder('listening', 5, 5)))).toEqual({ share: 0.4, done: 20, total: 50 })
  expect(progressOf(stands(folder('listening', 5, 5)))).toBeNull()
})
