/** How inboxes are set up, and how their mailboxes stand: for administrators. */
import { call, callForLines, get, type Answer } from './client'
import type { DnsRecord, Inbox, InboxSetup, InboxState, MailProvider, Page } from './types'

export interface InboxFields {
  name: string
  address: string
  queue_id: string
  active?: boolean
  settings: Record<string, unknown>
}

export const listInboxStates = async (): Promise<InboxState[]> => (await get<Page<InboxState>>('/inbox-states')).items
export const listMailProviders = async (): Promise<MailProvider[]> => (await get<Page<MailProvider>>('/mail-providers')).items
export const getInboxSetup = (id: string): Promise<InboxSetup> => get(`/inboxes/${id}/setup`)
export const addInbox = ({ active: _active, ...fields }: InboxFields): Promise<Answer<Inbox>> =>
  call('POST', '/inboxes', { json: { channel: 'email', ...fields } })
export const changeInbox = (id: string, version: number, fields: InboxFields): Promise<Answer<Inbox>> =>
  call('PATCH', `/inboxes/${id}`, { json: fields, ifMatch: version })
export const closeBrake = (id: string): Promise<Answer<Inbox>> => call('POST', `/inboxes/${id}/brake/close`)

export const makeDkimKey = async (domain: string, selector: string): Promise<{ private_key: string; dkim: DnsRecord }> =>
  (await call<{ private_key: string; dkim: DnsRecord }>('POST', '/inboxes/dkim-key', { json: { domain, selector } })).data

export interface CheckStep {
  name: string
  outcome: 'fine' | 'warning' | 'failed' | 'skipped'
  /** What was found, for the catalogue, and what fills its words; null for a step that was skipped. */
  code: string | null
  facts: Record<string, string>
  words: string
  seconds: number
}

/** Tries an inbox as it is typed; `tell` hears of each step as it ends. `inboxId` null: it is new. */
export async function checkInbox(
  wanted: { inboxId: string | null; address: string; settings: Record<string, unknown>; sendMail: boolean }, tell: (step: CheckStep) => void, signal: AbortSignal,
): Promise<void> {
  const json = { inbox_id: wanted.inboxId, address: wanted.address, settings: wanted.settings, send_mail: wanted.sendMail }
  await callForLines('/inboxes/check', { json, signal }, (line) => { tell(JSON.parse(line) as CheckStep) })
}
