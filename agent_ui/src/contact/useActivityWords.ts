/** A journal entry in words: by its kind, with ids turned into the names they stand for. */
import { useI18n } from 'vue-i18n'
import type { ActivityEntry } from '@/api/types'
import { useLocaleFormat } from '@/parts/useLocaleFormat'
import { useWorld } from '@/stores/world'

/** An order may be diverted to no other queue: its contact is told something, or it ends. */
function keyOf({ kind, payload }: ActivityEntry): string {
  const key = `contact.did_${kind.replaceAll('.', '_')}`
  if (kind !== 'order.diverted' || payload.to_queue_id) return key
  return payload.turned_away === true ? 'contact.did_turned_away' : 'contact.did_told_waiting'
}

export function useActivityWords(): (entry: ActivityEntry) => string {
  const { t, te } = useI18n()
  const store = useWorld()
  const { when } = useLocaleFormat()

  function nameFor(key: string, value: unknown): unknown {
    if (typeof value !== 'string' && typeof value !== 'number') return value ?? '–'
    const id = String(value)
    if (/status$|^from$|^to$/.test(key) && te(`words.status_${id}`, 'en')) return t(`words.status_${id}`)
    if (key === 'metric') return t(`sla.metric_${id}`)
    if (key.endsWith('_at')) return when(id)
    if (key.endsWith('priority') && te(`words.priority_${id}`, 'en')) return t(`words.priority_${id}`)
    if (key === 'stuck') return t(`routing.stuck_${id}`)
    return store.world.users[id]?.name ?? store.world.queues[id]?.name ?? store.world.teams[id]?.name ?? value
  }

  return (entry) => {
    const key = keyOf(entry)
    if (!te(key, 'en')) return entry.kind
    const named = Object.fromEntries(Object.entries(entry.payload).map(([name, value]) => [name, nameFor(name, value)]))
    return t(key, named)
  }
}
