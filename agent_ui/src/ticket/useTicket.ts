/** One ticket on the screen: loads its timeline, marks it read, and tells colleagues who is looking. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { getTicket, listEarlierMessages, markRead } from '@/api/desk'
import { ApiError } from '@/api/problem'
import { shownTicket } from '@/realtime/world'
import { useConnection } from '@/stores/connection'
import { useWorld } from '@/stores/world'

const SAY_VIEWING_EVERY_MS = 30_000

export function useTicket(ticketId: string) {
  const store = useWorld()
  const connection = useConnection()
  const notFound = ref(false)
  const loadingEarlier = ref(false)

  const row = computed(() => shownTicket(store.world, ticketId))
  /** Known of, but no longer there: it is not ours to see any more. */
  const gone = computed(() => row.value === null && store.world.known[`tickets:${ticketId}`] !== undefined)
  const missing = computed(() => notFound.value || gone.value)
  const timeline = computed(() => store.world.timelines[ticketId] ?? null)
  const lastSeq = computed(() => timeline.value?.messages.at(-1)?.seq ?? 0)

  async function load(): Promise<void> {
    const { asOf, epoch } = store
    if (epoch === 0) return
    store.openTimeline(ticketId)
    try {
      const ticket = await getTicket(ticketId)
      if (epoch !== store.epoch) return
      store.absorbTicket(ticket, asOf)
      notFound.value = false
    } catch (error) {
      if (epoch !== store.epoch) return
      notFound.value = error instanceof ApiError && error.problem.status === 404
      const failed = store.openTimeline(ticketId)
      if (failed.state === 'loading') failed.state = 'failed'
    }
  }

  async function loadEarlier(): Promise<void> {
    const first = timeline.value?.messages[0]
    if (first === undefined || loadingEarlier.value) return
    loadingEarlier.value = true
    const { asOf: readAsOf } = store
    try {
      const page = await listEarlierMessages(ticketId, first.seq)
      store.absorbEarlier(ticketId, page.items, { more: page.next !== null, readAsOf })
    } finally {
      loadingEarlier.value = false
    }
  }

  function retry(): void {
    store.openTimeline(ticketId).state = 'loading'
    void load()
  }

  watch(() => store.epoch, load, { immediate: true })
  // A frame took it out of sight, or brought it back without its messages.
  watch(gone, (now, before) => {
    if (before && !now && store.epoch > 0) void load()
  })
  watch(
    () => row.value?.unread === true && !document.hidden && lastSeq.value,
    (seq) => {
      if (typeof seq === 'number' && seq > 0) markRead(ticketId, seq).catch(() => undefined)
    },
    { immediate: true },
  )

  const sayViewing = (): void => connection.sayMind('viewing', ticketId)
  watch(() => connection.state === 'live', (live) => { if (live) sayViewing() }, { immediate: true })
  const timer = setInterval(sayViewing, SAY_VIEWING_EVERY_MS)
  onScopeDispose(() => {
    clearInterval(timer)
    connection.sayMind('gone', ticketId)
  })

  return { row, timeline, lastSeq, missing, load, retry, loadEarlier, loadingEarlier }
}
