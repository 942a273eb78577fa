/** What is typed for an inbox, and what the desk makes of it. Pure. */
import type { Inbox, InboxSetup, MailProvider } from '@/api/types'

export type SignIn = 'password' | 'xoauth2'
export type Security = 'tls' | 'starttls' | 'none'
/** What was typed, or true: one is set, and stays as it is. */
export type Secret = string | true

export interface Server {
  host: string
  port: number
  security: Security
  username: string
  sign_in: SignIn
  password: Secret
}

export interface InboxForm {
  name: string
  address: string
  queue_id: string
  active: boolean
  fetches: boolean
  imap: Server & { folders: string; handled: 'flag' | 'move' | 'keep'; handled_folder: string; since: string; poll_seconds: number }
  ownRelay: boolean
  smtp: Server
  oauth: { provider: 'google' | 'microsoft' | 'other'; token_url: string; client_id: string; client_secret: Secret; refresh_token: Secret; scope: string }
  from_name: string
  reply_to: string
  signed_reply_address: boolean
  acknowledge: boolean
  sent_copy: boolean
  sent_folder: string
  signs: boolean
  dkim: { domain: string; selector: string; private_key: Secret }
  people_lists: string
  trusted_hosts: string
}

export function blankForm(queueId: string): InboxForm {
  return {
    name: '', address: '', queue_id: queueId, active: true, fetches: false,
    imap: { host: '', port: 993, security: 'tls', username: '', sign_in: 'password', password: '', folders: 'INBOX', handled: 'flag', handled_folder: '', since: '', poll_seconds: 300 },
    ownRelay: false, smtp: { host: '', port: 587, security: 'starttls', username: '', sign_in: 'password', password: '' },
    oauth: { provider: 'google', token_url: '', client_id: '', client_secret: '', refresh_token: '', scope: '' },
    from_name: '', reply_to: '', signed_reply_address: true, acknowledge: false, sent_copy: false, sent_folder: 'Sent',
    signs: false, dkim: { domain: '', selector: 'desk', private_key: '' }, people_lists: '', trusted_hosts: '',
  }
}

type Stored = Record<string, unknown>
const isStored = (value: unknown): value is Stored => typeof value === 'object' && value !== null && !Array.isArray(value)
const lines = (value: unknown): string => (Array.isArray(value) ? value.join('\n') : '')
const listOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '')

/** The form of an inbox as it is set up now. Sections that are not set up keep their blanks. */
export function toForm(inbox: Inbox, setup: InboxSetup): InboxForm {
  const form = blankForm(inbox.queue_id)
  const { imap, smtp, oauth, dkim, people_lists, trusted_hosts, ...plain } = setup.settings as Stored
  if (isStored(imap)) Object.assign(form.imap, imap, { folders: lines(imap.folders), since: imap.since ?? '' })
  if (isStored(smtp)) Object.assign(form.smtp, smtp)
  if (isStored(oauth)) Object.assign(form.oauth, oauth)
  if (isStored(dkim)) Object.assign(form.dkim, dkim)
  const known = Object.fromEntries(Object.entries(plain).filter(([name]) => name in form))
  return Object.assign(form, known, {
    name: inbox.name, address: inbox.address, active: inbox.active, fetches: isStored(imap), ownRelay: isStored(smtp), signs: isStored(dkim),
    people_lists: lines(people_lists), trusted_hosts: lines(trusted_hosts),
  })
}

export const usesTokens = (form: InboxForm): boolean =>
  (form.fetches && form.imap.sign_in === 'xoauth2') || (form.ownRelay && form.smtp.sign_in === 'xoauth2')

/** The settings as the desk takes them: only the sections that are in use. */
export function toSettings(form: InboxForm): Record<string, unknown> {
  const { imap } = form
  return {
    signed_reply_address: form.signed_reply_address, from_name: form.from_name, reply_to: form.reply_to, acknowledge: form.acknowledge,
    sent_copy: form.fetches && form.sent_copy, sent_folder: form.sent_folder, people_lists: listOf(form.people_lists), trusted_hosts: listOf(form.trusted_hosts),
    imap: form.fetches ? { ...imap, folders: listOf(imap.folders), since: imap.since === '' ? null : imap.since } : null,
    smtp: form.ownRelay ? { ...form.smtp } : null,
    oauth: usesTokens(form) ? { ...form.oauth } : null,
    dkim: form.signs ? { ...form.dkim } : null,
  }
}

/** Fills in what is known of a provider; who signs in is the address, unless somebody else was named. */
export function useProvider(form: InboxForm, provider: MailProvider): void {
  const sign_in = provider.sign_in[0] ?? 'password'
  const username = form.imap.username || form.address
  form.fetches = true
  form.ownRelay = true
  Object.assign(form.imap, { host: provider.imap_host, port: provider.imap_port, security: 'tls', sign_in, username })
  Object.assign(form.smtp, { host: provider.smtp_host, port: provider.smtp_port, security: provider.smtp_security, sign_in, username: form.smtp.username || username })
  if (provider.oauth !== null) form.oauth.provider = provider.oauth
  form.sent_folder = provider.sent_folder
  form.sent_copy = !provider.keeps_sent
}

export function providerOf(address: string, providers: readonly MailProvider[]): MailProvider | null {
  const domain = address.split('@').at(-1)?.trim().toLowerCase() ?? ''
  return providers.find((one) => one.domains.includes(domain)) ?? null
}

/** The provider that the form's hosts are of. */
export const providerInUse = (form: InboxForm, providers: readonly MailProvider[]): MailProvider | null =>
  providers.find((one) => (form.fetches && one.imap_host === form.imap.host) || (form.ownRelay && one.smtp_host === form.smtp.host)) ?? null

/** Ports that go with a kind of connection, so that choosing one is enough. */
export const IMAP_PORTS: Record<'tls' | 'none', number> = { tls: 993, none: 143 }
export const SMTP_PORTS: Record<Security, number> = { starttls: 587, tls: 465, none: 25 }

export const domainOf = (address: string): string => address.split('@')[1]?.trim().toLowerCase() ?? ''
