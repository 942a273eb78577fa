/** Routing: how queues work, skills, rules, reasons to be away, and why work is where it is. */
import { call, get, type Answer } from '@/api/client'
import type { components } from '@/api/schema'
import type { Page, Presence } from '@/api/types'

type Shapes = components['schemas']

export type QueueSettings = Required<Shapes['QueueSettings']>
export type QueueStep = Required<Shapes['StepSettings']>
/** What is said to the contact beside what becomes of the order. */
export type Told = Pick<QueueStep, 'tell' | 'offer_callback'>
export type QueueServer = Shapes['Server']
export type QueueSetup = Shapes['QueueSettingsShape']
export type SkillMatrix = Shapes['SkillMatrix']
export type Skill = Shapes['Skill']
export type SkillCell = Shapes['CellBody']
export type RuleTable = Shapes['RuleTableShape']
export type Rule = Shapes['WrittenRule']
export type RuleCondition = Rule['conditions'][number]
export type RuleFlaw = Shapes['RuleFlaw']
export type DryRun = Shapes['DryRunShape']
export type PresenceReason = Shapes['PresenceReason']
export type RoutingStory = Shapes['RoutingShape']
export type RoutingReason = Shapes['ReasonShape']
export type StuckOrder = Shapes['StuckOrder']

export const getQueueSetup = (id: string): Promise<QueueSetup> => get(`/queues/${id}/settings`)
export const saveQueueSetup = (id: string, version: number, settings: QueueSettings, servers: QueueServer[]): Promise<Answer<QueueSetup>> =>
  call('PUT', `/queues/${id}/settings`, { json: { settings, servers }, ifMatch: version })

export const listAgentsWithoutQueue = async (): Promise<string[]> => (await get<{ user_ids: string[] }>('/agents-without-queue')).user_ids

export const getSkillMatrix = (): Promise<SkillMatrix> => get('/skill-matrix')
export const saveSkillCells = (cells: SkillCell[]): Promise<Answer<SkillMatrix>> => call('PATCH', '/skill-matrix', { json: { cells } })
export const importSkillSheet = (csv: string): Promise<Answer<SkillMatrix>> => call('POST', '/skill-matrix/import', { json: { csv } })
export const addSkill = (name: string): Promise<Answer<Skill>> => call('POST', '/skills', { json: { name } })
export const removeSkill = (id: string): Promise<Answer<null>> => call('DELETE', `/skills/${id}`)

export const getRules = (): Promise<RuleTable> => get('/routing-rules')
export const saveRules = (version: number, rules: Rule[]): Promise<Answer<RuleTable>> =>
  call('PUT', '/routing-rules', { json: { rules }, ifMatch: version })
export const tryRules = async (rules: Rule[]): Promise<DryRun> =>
  (await call<DryRun>('POST', '/routing-rules/dry-run', { json: { rules } })).data

export const listReasons = async (): Promise<PresenceReason[]> => (await get<{ reasons: PresenceReason[] }>('/presence-reasons')).reasons
export const saveReasons = (reasons: Omit<PresenceReason, 'built_in'>[]): Promise<Answer<{ reasons: PresenceReason[] }>> =>
  call('PUT', '/presence-reasons', { json: { reasons } })
export const setCapacity = (userId: string, capacity: Record<string, number>): Promise<Answer<Presence>> =>
  call('PATCH', `/users/${userId}/capacity`, { json: { capacity } })

export const getRoutingStory = (ticketId: string, at: string | null): Promise<RoutingStory> => get(`/tickets/${ticketId}/routing`, { at })
export const listStuck = async (): Promise<StuckOrder[]> => (await get<Page<StuckOrder>>('/work-orders/stuck', { limit: 100 })).items
export const retryOrder = (id: string): Promise<Answer<null>> => call('POST', `/work-orders/${id}/retry`)
