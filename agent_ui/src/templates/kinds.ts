/** The kinds of templates, what may stand in each, and a text to begin with. Pure. */
import type { TemplateKind } from '@/api/templates'

export const KINDS: readonly TemplateKind[] = ['acknowledgement', 'signature', 'frame']

export const KIND_ICONS: Record<TemplateKind, string> = {
  acknowledgement: 'i-lucide-mail-check', signature: 'i-lucide-signature', frame: 'i-lucide-frame',
}

export const VARIABLES: Record<TemplateKind, readonly string[]> = {
  acknowledgement: ['ticket_number', 'subject', 'contact_name', 'brand'],
  signature: ['agent_name', 'brand'],
  frame: ['body', 'agent_name', 'brand', 'ticket_number'],
}

/** So that nobody begins with an empty page, and a frame has the place that it must have. */
export const FIRST_WORDS: Record<TemplateKind, { subject: string; text: string }> = {
  acknowledgement: { subject: '{{subject}}', text: '{{contact_name}},\n\n#{{ticket_number}}\n\n{{brand}}' },
  signature: { subject: '', text: '{{agent_name}}\n{{brand}}' },
  frame: { subject: '', text: '{{body}}\n\n{{brand}}' },
}

export const hasSubject = (kind: TemplateKind): boolean => kind === 'acknowledgement'
