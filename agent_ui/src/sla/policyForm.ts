/** What the policy editor works on, and how it becomes the desk's document and back. */
import type { Metric, Policy, PolicyCondition, PolicyForm, PolicyStep, PolicyTarget, PolicyTerms, StepAction } from './api'

export const METRICS: readonly Metric[] = [
  'first_reply', 'next_reply', 'periodic_update', 'pausable_update', 'requester_wait', 'agent_work', 'total_resolution', 'time_to_answer',
]
export const PRIORITIES = [1, 2, 3, 4] as const
export const FIELDS = [
  'ticket.queue', 'ticket.team', 'ticket.inbox', 'ticket.channel', 'ticket.priority', 'ticket.status', 'ticket.tags', 'ticket.subject',
  'ticket.language', 'ticket.assignee', 'ticket.brand', 'organization.tier', 'organization.name', 'organization.id', 'contact.name',
  'contact.locale', 'contact.time_zone', 'contact.id',
] as const
export const OPERATORS: readonly PolicyCondition['operator'][] = ['is', 'is_not', 'contains', 'at_least', 'at_most', 'is_set', 'is_empty']
export const WITHOUT_VALUES: readonly string[] = ['is_set', 'is_empty']
export const ACTIONS: readonly StepAction['do'][] = ['notify', 'call_in_turn', 'raise_priority', 'move_queue', 'reassign', 'tag', 'webhook']

export const blankTerms = (): PolicyTerms => ({ audience: 'customer', all_of: [], any_of: [], targets: [], valid_from: null, valid_to: null, ladder: [] })

export const formOf = (policy: Policy | null): PolicyForm =>
  policy === null ? { name: '', document: blankTerms() } : (JSON.parse(JSON.stringify({ name: policy.name, document: policy.document })) as PolicyForm)

export const targetOf = (terms: PolicyTerms, metric: Metric, priority: number): PolicyTarget | undefined =>
  terms.targets.find((one) => one.metric === metric && one.priority === priority)

/** The terms with this target; 0 seconds: without it. What the row's other priorities say of counting holds for it too. */
export function withTarget(terms: PolicyTerms, metric: Metric, priority: PolicyTarget['priority'], seconds: number): PolicyTerms {
  const others = terms.targets.filter((one) => one.metric !== metric || one.priority !== priority)
  if (seconds === 0) return { ...terms, targets: others }
  const like = targetOf(terms, metric, priority) ?? terms.targets.find((one) => one.metric === metric)
  const target: PolicyTarget = {
    metric, priority, seconds,
    counting: like?.counting ?? 'business_time', pauses_in: like?.pauses_in ?? null, reopening: like?.reopening ?? 'carry',
  }
  return { ...terms, targets: [...others, target] }
}

export function withCounting(terms: PolicyTerms, metric: Metric, counting: PolicyTarget['counting']): PolicyTerms {
  return { ...terms, targets: terms.targets.map((one) => (one.metric === metric ? { ...one, counting } : one)) }
}

export const blankStep = (): PolicyStep => ({
  id: crypto.randomUUID(), at_percent: null, offset_seconds: 0, metrics: [], actions: [blankAction('notify')],
})

export function blankAction(kind: StepAction['do'], queueId = '', userId = ''): StepAction {
  switch (kind) {
    case 'notify': return { do: kind, groups: ['assignee', 'supervisors'], user_ids: [], ways: ['console'] }
    case 'call_in_turn': return { do: kind, user_ids: userId === '' ? [] : [userId], wait_seconds: 300, ways: ['console', 'email'] }
    case 'raise_priority': return { do: kind, to: null }
    case 'move_queue': return { do: kind, queue_id: queueId }
    case 'reassign': return { do: kind, user_id: null }
    case 'tag': return { do: kind, tag: 'late' }
    case 'webhook': return { do: kind, url: 'https://' }
  }
}
