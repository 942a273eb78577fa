/** Sign-in, people, teams, queues, inboxes, presence and offers. */
import { call, get, newKey, type Answer } from './client'
import type {
  Channel, DeclineReason, Inbox, Locale, Offer, Page, Presence, PresenceState, Queue, Role, Session,
  SignedInPlace, Team, User,
} from './types'

export interface SetUp {
  company: string
  name: string
  email: string
  password: string
  locale: Locale
  time_zone: string
}

export interface UserForm {
  name: string
  email: string
  role: Role
  active: boolean
  team_ids: string[]
  password?: string
}

export type TeamForm = Pick<Team, 'name' | 'member_ids'>
export type QueueForm = Pick<Queue, 'name' | 'team_id' | 'team_ids' | 'agent_ids' | 'offer_seconds'>

const everything = async <T>(path: string): Promise<T[]> => {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await get<Page<T>>(path, { cursor, limit: 100 })
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return items
}

export const isSetUpNeeded = async (): Promise<boolean> => (await get<{ needed: boolean }>('/setup')).needed
export const setUp = (form: SetUp): Promise<Answer<Session>> => call('POST', '/setup', { json: form })
export const getSession = (): Promise<Session> => get('/session')
export const signIn = (email: string, password: string): Promise<Answer<Session>> =>
  call('POST', '/session', { json: { email, password } })
export const signOut = (): Promise<Answer<null>> => call('DELETE', '/session')
export const listPlaces = (): Promise<SignedInPlace[]> => everything('/sessions')
export const revokePlace = (id: string): Promise<Answer<null>> => call('DELETE', `/sessions/${id}`)

export const changeMe = (change: { name?: string; locale?: Locale; time_zone?: string }): Promise<Answer<User>> =>
  call('PATCH', '/me', { json: change })
export const changePassword = (current: string, next: string): Promise<Answer<null>> =>
  call('POST', '/me/password', { json: { current, new: next } })
export const setPresence = (state: PresenceState, reason: string | null): Promise<Answer<Presence>> =>
  call('PUT', '/me/presence', { json: { state, reason } })

/** On these one takes no work even while one is available. */
export const closeChannels = (closed: Channel[]): Promise<Answer<Presence>> => call('PUT', '/me/channels', { json: { closed } })

export const listUsers = (): Promise<User[]> => everything('/users')
export const listTeams = (): Promise<Team[]> => everything('/teams')
export const listQueues = (): Promise<Queue[]> => everything('/queues')
export const listInboxes = (): Promise<Inbox[]> => everything('/inboxes')
export const listPresence = (): Promise<Presence[]> => everything('/presence')
export const listOffers = (): Promise<Offer[]> => everything('/offers')

export const addUser = (form: UserForm & { locale: Locale; time_zone: string }): Promise<Answer<User>> => {
  const { active: _active, ...json } = form
  return call('POST', '/users', { json })
}
export const changeUser = (id: string, version: number, form: Partial<UserForm>): Promise<Answer<User>> =>
  call('PATCH', `/users/${id}`, { json: form, ifMatch: version })
export const addTeam = (form: TeamForm): Promise<Answer<Team>> => call('POST', '/teams', { json: form })
export const changeTeam = (id: string, version: number, form: TeamForm): Promise<Answer<Team>> =>
  call('PATCH', `/teams/${id}`, { json: form, ifMatch: version })
export const addQueue = (form: QueueForm): Promise<Answer<Queue>> => call('POST', '/queues', { json: form })
export const changeQueue = (id: string, version: number, form: QueueForm): Promise<Answer<Queue>> =>
  call('PATCH', `/queues/${id}`, { json: form, ifMatch: version })
export const acceptOffer = (id: string): Promise<Answer<{ ticket_id: string; offer: Offer }>> =>
  call('POST', `/offers/${id}/accept`, { idempotencyKey: newKey() })
export const declineOffer = (id: string, reason: DeclineReason, note: string | null): Promise<Answer<Offer>> =>
  call('POST', `/offers/${id}/decline`, { json: { reason, note } })
