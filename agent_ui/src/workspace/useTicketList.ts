/** One list of tickets: pages from the desk put into the world, rows read back from it. */
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { listTickets, type TicketFilter } from '@/api/desk'
import type { TicketRow } from '@/api/types'
import type { LoadState } from '@/stores/loading'
import { useWorld } from '@/stores/world'
import { compareHurt, compareUpdated } from './order'
import { shownTickets } from './shownTickets'

export interface ListSpec {
  /** Tells lists apart; a new key starts anew. */
  key: string
  filter: TicketFilter
  belongs: (row: TicketRow) => boolean
}

const PAGE = 60

export interface TicketList {
  rows: ComputedRef<TicketRow[]>
  state: Ref<LoadState>
  hasMore: ComputedRef<boolean>
  loadMore: () => Promise<void>
  reload: () => Promise<void>
}

export function useTicketList(spec: Ref<ListSpec | null>): TicketList {
  const store = useWorld()
  const state = ref<LoadState>('loading')
  const cursor = ref<string | null>(null)
  let run = 0
  let fetching = false

  async function fetchPage(current: ListSpec, from: string | null): Promise<void> {
    const mine = run
    const { asOf } = store
    fetching = true
    try {
      const page = await listTickets({ ...current.filter, cursor: from, limit: PAGE })
      if (mine !== run) return
      store.absorbAll('tickets', page.items, asOf)
      cursor.value = page.next
      state.value = 'ready'
    } catch {
      if (mine === run) state.value = 'failed'
    } finally {
      if (mine === run) fetching = false
    }
  }

  async function reload(): Promise<void> {
    run += 1
    if (spec.value === null || store.epoch === 0) return
    state.value = 'loading'
    cursor.value = null
    await fetchPage(spec.value, null)
  }

  async function loadMore(): Promise<void> {
    if (spec.value === null || cursor.value === null || fetching) return
    await fetchPage(spec.value, cursor.value)
  }

  watch([() => spec.value?.key, () => store.epoch], reload, { immediate: true })

  const rows = computed(() => {
    const current = spec.value
    if (current === null) return []
    const compare = current.filter.sort === 'updated' ? compareUpdated : compareHurt
    return shownTickets(store.world).filter(current.belongs).sort(compare)
  })

  return { rows, state, hasMore: computed(() => cursor.value !== null), loadMore, reload }
}
