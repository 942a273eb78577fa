/** The kinds of templates, what may stand in each, and a text to begin with. Pure. */
import type { TemplateKind } from '@/api/templates'

export const KINDS: readonly TemplateKind[] = ['acknowledgement', 'still_waiting', 'callback_offer', 'signature', 'frame']

export const KIND_ICONS: Record<TemplateKind, string> = {
  acknowledgement: 'i-lucide-mail-check', still_waiting: 'i-lucide-hourglass', callback_offer: 'i-lucide-phone-outgoing', signature: 'i-lucide-signature', frame: 'i-lucide-frame',
}

const ABOUT_TICKET = ['ticket_number', 'subject', 'contact_name', 'brand'] as const

export const VARIABLES: Record<TemplateKind, readonly string[]> = {
  acknowledgement: ABOUT_TICKET,
  still_waiting: ABOUT_TICKET,
  callback_offer: ABOUT_TICKET,
  signature: ['agent_name', 'brand'],
  frame: ['body', 'agent_name', 'brand', 'ticket_number'],
}

/** So that nobody begins with an empty page, and a frame has the place that it must have. */
export const FIRST_WORDS: Record<TemplateKind, { subject: string; text: string }> = {
  acknowledgement: { subject: '{{subject}}', text: '{{contact_name}},\n\n#{{ticket_number}}\n\n{{brand}}' },
  still_waiting: { subject: '{{subject}}', text: '{{contact_name}},\n\n#{{ticket_number}}\n\n{{brand}}' },
  callback_offer: { subject: '{{subject}}', text: '{{contact_name}},\n\n#{{ticket_number}}\n\n{{brand}}' },
  signature: { subject: '', text: '{{agent_name}}\n{{brand}}' },
  frame: { subject: '', text: '{{body}}\n\n{{brand}}' },
}

const VARIABLE = /\{\{\s*([a-z_]+)\s*\}\}/g

/** What keeps words from being filled in, as a key of the catalogue with what fills that; null: nothing. */
export interface WordsFault {
  key: 'unknown' | 'braces' | 'body' | 'empty'
  variable?: string
}

/** The desk's rules for one field, so that they can be said in every language as one types. */
export function faultOf(kind: TemplateKind, field: 'subject' | 'text' | 'html', words: string): WordsFault | null {
  if (words.trim() === '') return field === 'html' ? null : { key: 'empty' }
  const named = [...words.matchAll(VARIABLE)].map((match) => match[1] ?? '')
  const unknown = named.find((name) => !VARIABLES[kind].includes(name))
  if (unknown !== undefined) return { key: 'unknown', variable: unknown }
  if (/\{\{|\}\}/.test(words.replace(VARIABLE, ''))) return { key: 'braces' }
  return kind === 'frame' && field !== 'subject' && !named.includes('body') ? { key: 'body', variable: 'body' } : null
}

export const hasSubject = (kind: TemplateKind): boolean => kind !== 'signature' && kind !== 'frame'
