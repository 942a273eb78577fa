/** The list of what was not let in, and what can be done with it, with one or several at once. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { discard, letIn, listQuarantine } from '@/api/quarantine'
import type { QuarantineRow } from '@/api/types'
import { useNotify } from '@/parts/notify'

type Deed = 'let_in' | 'discard'

export function useQuarantine() {
  const { t } = useI18n()
  const notify = useNotify()
  const client = useQueryClient()
  const cause = ref<string | null>(null)
  const chosen = ref<ReadonlySet<string>>(new Set())
  /** What is being done now, or null. */
  const doing = ref<Deed | null>(null)
  const list = useInfiniteQuery({
    queryKey: computed(() => ['quarantine', cause.value]),
    queryFn: ({ pageParam }) => listQuarantine(cause.value, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
  const rows = computed<QuarantineRow[]>(() => list.data.value?.pages.flatMap((page) => page.items) ?? [])

  function pick(next: string | null): void {
    cause.value = next
    chosen.value = new Set()
  }

  function choose(id: string, on: boolean): void {
    const next = new Set(chosen.value)
    if (on) next.add(id)
    else next.delete(id)
    chosen.value = next
  }

  function chooseAll(on: boolean): void {
    chosen.value = new Set(on ? rows.value.map((row) => row.id) : [])
  }

  /** One after the other: each is a story of its own, and one that fails leaves the others done. */
  async function run(deed: Deed, ids: readonly string[]): Promise<void> {
    doing.value = deed
    let done = 0
    let kept = 0
    for (const id of ids) {
      try {
        const after = deed === 'let_in' ? await letIn(id) : await discard(id)
        if (after.state === 'quarantined' || after.state === 'suspended') kept += 1
        else done += 1
      } catch (error) {
        notify.failed(error)
      }
    }
    doing.value = null
    chosen.value = new Set()
    await client.invalidateQueries({ queryKey: ['quarantine'] })
    if (done > 0) notify.done(t(`quarantine.done_${deed}`, { count: done }, done))
    if (kept > 0) notify.warn(t('quarantine.still_refused', { count: kept }, kept))
  }

  return { list, rows, cause, pick, chosen, choose, chooseAll, run, doing }
}
