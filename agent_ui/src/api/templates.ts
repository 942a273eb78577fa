/** What the desk writes by itself, and what stands below and around replies. */
import { call, get, type Answer } from './client'
import type { Brand, MailTemplate, Page, TemplatePreview } from './types'

export type TemplateKind = MailTemplate['kind']

export interface TemplateWords {
  subject: string
  text: string
  html: string | null
}

export const listBrands = async (): Promise<Brand[]> => (await get<Page<Brand>>('/brands', { limit: 100 })).items
export const listTemplates = async (): Promise<MailTemplate[]> => (await get<Page<MailTemplate>>('/templates', { limit: 100 })).items
export const addTemplate = (template: TemplateWords & { brand_id: string; kind: TemplateKind; language: string; active: boolean }): Promise<Answer<MailTemplate>> =>
  call('POST', '/templates', { json: template })
export const changeTemplate = (id: string, version: number, words: TemplateWords & { active: boolean }): Promise<Answer<MailTemplate>> =>
  call('PATCH', `/templates/${id}`, { json: words, ifMatch: version })
export const removeTemplate = (id: string, version: number): Promise<Answer<null>> => call('DELETE', `/templates/${id}`, { ifMatch: version })
export const previewTemplate = async (
  wanted: TemplateWords & { brand_id: string; kind: TemplateKind }, signal: AbortSignal,
): Promise<TemplatePreview> => (await call<TemplatePreview>('POST', '/templates/preview', { json: wanted, signal })).data
