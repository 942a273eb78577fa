/** Promises: policies, calendars, the clocks of a ticket, escalations. */
import { call, get, newKey, type Answer } from '@/api/client'
import type { Notice, Page } from '@/api/types'
import type { components } from '@/api/schema'

type Shapes = components['schemas']

export type ClockBadge = Shapes['ClockBadge']
export type ClockStory = Shapes['ClockStory']
export type ClockPassage = Shapes['ClockPassage']
export type TicketClocks = Shapes['TicketClocks']
export type Metric = Shapes['Metric']
export type OpenWindow = Shapes['OpenWindow']
export type Calendar = Shapes['CalendarValue']
export type Hours = Shapes['CalendarDocument']
export type Weekday = keyof Hours['week'] & string
export type Holiday = Shapes['HolidayValue']
export type HolidayCountry = Shapes['HolidayCountry']
export type CalendarAnswer = Shapes['CalendarAnswer']
export type Policy = Shapes['PolicyValue']
export type PolicyTerms = Shapes['PolicyDocument']
export type PolicyTarget = Shapes['TargetDocument']
export type PolicyCondition = Shapes['ConditionDocument']
export type PolicyStep = Shapes['Step']
export type StepAction = PolicyStep['actions'][number]
export type PolicyPreview = Shapes['PolicyPreview']

export interface CalendarForm {
  name: string
  document: Hours
  names: Record<string, string>
  sources: Calendar['sources']
  is_default: boolean
}

export interface PolicyForm {
  name: string
  document: PolicyTerms
}

export const listCalendars = async (): Promise<Calendar[]> => (await get<Page<Calendar>>('/calendars', { limit: 100 })).items

export const addCalendar = (form: CalendarForm): Promise<Answer<Calendar>> =>
  call('POST', '/calendars', { json: form, idempotencyKey: newKey() })

export const changeCalendar = (id: string, version: number, form: Partial<CalendarForm>): Promise<Answer<Calendar>> =>
  call('PATCH', `/calendars/${id}`, { json: form, ifMatch: version })

export const askCalendar = async (document: Hours, seconds: number): Promise<CalendarAnswer> =>
  (await call<CalendarAnswer>('POST', '/calendar-questions', { json: { document, seconds } })).data

export const listWindows = async (calendar: string, start: string, end: string): Promise<OpenWindow[]> => {
  const [id, revision] = calendar.split(':')
  return (await get<Shapes['OpenWindows']>(`/calendars/${id ?? ''}/windows`, { revision, start, end })).windows
}

export const listHolidayCountries = async (): Promise<HolidayCountry[]> =>
  (await get<Shapes['HolidayCountries']>('/holiday-countries')).countries

export const listHolidays = async (place: { country: string; region: string | null }, years: [number, number]): Promise<Holiday[]> =>
  (await get<Shapes['Holidays']>('/holidays', { ...place, from_year: years[0], to_year: years[1] })).holidays

export const readHolidayFile = async (file: File, years: [number, number]): Promise<Holiday[]> =>
  (await call<Shapes['Holidays']>('POST', '/holiday-files', {
    body: file, headers: { 'Content-Type': 'text/calendar' }, query: { from_year: years[0], to_year: years[1] },
  })).data.holidays

export const holidayFileUrl = (id: string): string => `/api/calendars/${id}/holidays.ics`

export const listPolicies = async (): Promise<Policy[]> => (await get<Page<Policy>>('/sla-policies', { limit: 100 })).items

export const addPolicy = (form: PolicyForm): Promise<Answer<Policy>> =>
  call('POST', '/sla-policies', { json: form, idempotencyKey: newKey() })

export const changePolicy = (id: string, version: number, form: Partial<PolicyForm> & { active?: boolean }): Promise<Answer<Policy>> =>
  call('PATCH', `/sla-policies/${id}`, { json: form, ifMatch: version })

export const orderPolicies = (ids: string[]): Promise<Answer<Page<Policy>>> =>
  call('PUT', '/sla-policies/order', { json: { policy_ids: ids } })

export const previewPolicy = async (document: PolicyTerms): Promise<PolicyPreview> =>
  (await call<PolicyPreview>('POST', '/sla-policies/preview', { json: { document } })).data

export const getClocks = (ticketId: string): Promise<TicketClocks> => get(`/tickets/${ticketId}/clocks`)

export const listNotices = async (): Promise<Notice[]> => (await get<Page<Notice>>('/escalations')).items

export const acknowledge = (id: string): Promise<Answer<Notice>> => call('POST', `/escalations/${id}/acknowledge`)

/** 409 while something counts by it. */
export const removeCalendar = (id: string, version: number): Promise<Answer<null>> => call('DELETE', `/calendars/${id}`, { ifMatch: version })
/** 409 while it is switched on. */
export const removePolicy = (id: string, version: number): Promise<Answer<null>> => call('DELETE', `/sla-policies/${id}`, { ifMatch: version })

/** What the receiver at an address checks our signatures with, the newest first. */
export const getWebhookSecrets = async (url: string): Promise<string[]> =>
  (await call<{ secrets: string[] }>('POST', '/sla-policies/webhook-secrets', { json: { url } })).data.secrets
