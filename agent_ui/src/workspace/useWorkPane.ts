/** What the list pane shows, read from the address: my work, the queues, one queue, a view, a search. */
import { computed } from 'vue'
import { useRoute } from 'vue-router'
import type { TicketRow } from '@/api/types'
import { useSession } from '@/stores/session'
import { OPEN_STATUSES } from './order'
import type { ListSpec } from './useTicketList'

export const VIEWS = ['unassigned', 'team', 'all', 'solved'] as const
export type View = (typeof VIEWS)[number]
export type PaneMode = 'work' | 'queue-index' | 'queue' | 'view' | 'search'

const OPEN = OPEN_STATUSES.join(',')
const isOpen = (row: TicketRow): boolean => OPEN_STATUSES.includes(row.status)

export function useWorkPane() {
  const route = useRoute()
  const session = useSession()

  const text = (name: string): string | null => {
    const value = route.params[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  const ticketId = computed(() => text('ticketId'))
  const queueId = computed(() => text('queueId'))
  const view = computed<View>(() => VIEWS.find((name) => name === text('view')) ?? 'unassigned')
  const mode = computed<PaneMode>(() => {
    if (route.path.startsWith('/queues')) return queueId.value === null ? 'queue-index' : 'queue'
    if (route.path.startsWith('/views')) return 'view'
    return route.path.startsWith('/search') ? 'search' : 'work'
  })

  const base = computed(() => {
    switch (mode.value) {
      case 'queue':
        return `/queues/${queueId.value ?? ''}`
      case 'view':
        return `/views/${view.value}`
      case 'search':
        return '/search'
      default:
        return '/work'
    }
  })
  const suffix = computed(() => (mode.value === 'search' ? route.fullPath.replace(/^[^?]*/, '') : ''))
  const linkTo = (id: string | null): string => (id === null ? base.value : `${base.value}/${id}`) + suffix.value

  const spec = computed<ListSpec | null>(() => {
    if (mode.value === 'queue') return queueSpec(queueId.value ?? '')
    if (mode.value === 'view') return viewSpec(view.value, session.user?.team_ids ?? [])
    return null
  })

  return { mode, ticketId, queueId, view, spec, linkTo }
}

function queueSpec(queueId: string): ListSpec {
  return {
    key: `queue:${queueId}`,
    filter: { view: 'all', queue_id: queueId, status: OPEN, sort: 'hurt' },
    belongs: (row) => row.queue_id === queueId && isOpen(row),
  }
}

function viewSpec(view: View, teamIds: string[]): ListSpec {
  switch (view) {
    case 'unassigned':
      return {
        key: view, filter: { view, status: OPEN, sort: 'hurt' }, belongs: (row) => row.assignee_id === null && isOpen(row),
      }
    case 'team':
      return {
        key: view, filter: { view, status: OPEN, sort: 'hurt' }, belongs: (row) => teamIds.includes(row.team_id) && isOpen(row),
      }
    case 'all':
      return { key: view, filter: { view, status: OPEN, sort: 'hurt' }, belongs: isOpen }
    case 'solved':
      return {
        key: view,
        filter: { view: 'all', status: 'solved,closed', sort: 'updated' },
        belongs: (row) => row.status === 'solved' || row.status === 'closed',
      }
  }
}
