/** How the inboxes stand, asked again every few seconds while it is looked at. */
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { listInboxStates } from '@/api/inboxes'
import type { InboxState } from '@/api/types'

const EVERY_MS = 3000

export function useInboxStates() {
  const states = useQuery({ queryKey: ['inbox-states'], queryFn: listInboxStates, refetchInterval: EVERY_MS })
  const byInbox = computed<Record<string, InboxState>>(() => Object.fromEntries((states.data.value ?? []).map((one) => [one.inbox_id, one])))
  return { byInbox }
}
