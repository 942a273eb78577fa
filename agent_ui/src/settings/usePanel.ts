/** The life of one side panel: which thing is in it, what is typed, what went wrong. */
import { reactive, ref, shallowRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Answer } from '@/api/client'
import { useProblemText } from '@/i18n/problem'
import { useNotify } from '@/parts/notify'
import type { Row, Table } from '@/realtime/world'
import { useWorld } from '@/stores/world'

export function usePanel<T extends Table, F extends object>(table: T, blank: () => F, toForm: (row: Row<T>) => F) {
  const store = useWorld()
  const notify = useNotify()
  const problemText = useProblemText()
  const { t } = useI18n()
  const open = ref(false)
  const busy = ref(false)
  const problem = ref('')
  const row = shallowRef(null) as Ref<Row<T> | null>
  const form = reactive(blank()) as F

  function show(next: Row<T> | null): void {
    row.value = next
    problem.value = ''
    Object.assign(form, next === null ? blank() : toForm(next))
    open.value = true
  }

  async function save(write: (row: Row<T> | null, form: F) => Promise<Answer<Row<T>>>): Promise<void> {
    busy.value = true
    problem.value = ''
    try {
      store.absorb(table, await write(row.value, form))
      open.value = false
      notify.done(t('settings.saved'))
    } catch (error) {
      problem.value = problemText(error)
    } finally {
      busy.value = false
    }
  }

  return { open, busy, problem, row, form, show, save }
}
