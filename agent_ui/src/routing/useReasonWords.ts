/** Reasons of the router in words: codes with figures, ids turned into the names they stand for. */
import { useI18n } from 'vue-i18n'
import { useLocaleFormat } from '@/parts/useLocaleFormat'
import { useWorld } from '@/stores/world'
import type { RoutingReason } from './api'

export function useReasonWords(): (reason: RoutingReason) => string {
  const { t, te } = useI18n()
  const { world } = useWorld()
  const { span, when } = useLocaleFormat()

  function named(name: string, value: unknown): unknown {
    const text = String(value ?? '')
    if (name === 'user_id' || name === 'by') return world.users[text]?.name ?? t('routing.somebody')
    if (name === 'queue_id') return world.queues[text]?.name ?? ''
    if (name === 'until') return text === '' ? '–' : when(text)
    if (name === 'channel') return t(`words.channel_${text}`)
    if (name === 'state') return te(`words.presence_${text}`, 'en') ? t(`words.presence_${text}`) : t(`routing.state_${text}`)
    if (name === 'stuck') return t(`routing.stuck_${text}`)
    if (name.endsWith('seconds')) return span(Number(value) * 1000)
    if (name === 'levels') return Object.entries(value as Record<string, number>).map(([skill, level]) => `${skill} ${level}`).join(', ')
    return value ?? ''
  }

  return (reason) => {
    const key = `routing.why_${reason.code}`
    if (!te(key, 'en')) return reason.code
    return t(key, Object.fromEntries(Object.entries(reason.params).map(([name, value]) => [name, named(name, value)])))
  }
}
