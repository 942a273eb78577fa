/** Rules as they are typed: lists as lines of words, ids by name. */
import type { Rule, RuleCondition } from './api'

export const KINDS = ['words', 'language', 'channel', 'inbox', 'contact', 'tier', 'time_of_day', 'tags', 'ticket_field'] as const
export type Kind = (typeof KINDS)[number]
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const FIELDS = ['brand', 'status', 'priority', 'follow_up', 'has_attachments'] as const

export function newRule(name: string): Rule {
  return { id: crypto.randomUUID(), name, conditions: [], outcome: { queue_id: null, skills: {}, priority: null, preferred_user_id: null, attributes: {} }, stops: true, joined: 'all', active: true }
}

export function newCondition(kind: Kind, timeZone: string): RuleCondition {
  switch (kind) {
    case 'words': return { kind, where: 'both', any_of: [], none_of: [] }
    case 'language': return { kind, languages: ['en'] }
    case 'channel': return { kind, channels: ['email'] }
    case 'inbox': return { kind, inbox_ids: [] }
    case 'contact': return { kind, contact_ids: [], addresses: [] }
    case 'tier': return { kind, tiers: [] }
    case 'time_of_day': return { kind, days: ['mon', 'tue', 'wed', 'thu', 'fri'], start: '18:00', end: '08:00', time_zone: timeZone }
    case 'tags': return { kind, any_of: [], none_of: [] }
    case 'ticket_field': return { kind, field: 'follow_up', values: ['yes'], negate: false }
  }
}

/** Words separated by commas, Chinese ones too. */
export const wordsOf = (text: string): string[] => text.split(/[,，、\n]/).map((word) => word.trim()).filter((word) => word !== '')

export function copyOf(rules: readonly unknown[]): Rule[] {
  return JSON.parse(JSON.stringify(rules)) as Rule[]
}
