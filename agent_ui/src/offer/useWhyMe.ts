/** The engine's reasons in words. Reasons this console does not know yet are left out. */
import { useI18n } from 'vue-i18n'
import type { WhyReason } from '@/api/types'
import { useLocaleFormat } from '@/parts/useLocaleFormat'
import { useReasonWords } from '@/routing/useReasonWords'
import { useWorld } from '@/stores/world'

export function useWhyMe(): (reasons: WhyReason[]) => string[] {
  const { t, te } = useI18n()
  const { world } = useWorld()
  const { span } = useLocaleFormat()
  const ofRouter = useReasonWords()

  function words(reason: WhyReason): string | null {
    const key = `offer.why_${reason.code}`
    if (!te(key, 'en')) return te(`routing.why_${reason.code}`, 'en') ? ofRouter(reason) : null
    const params: Record<string, unknown> = { ...reason.params }
    for (const [name, value] of Object.entries(reason.params)) {
      if (name.endsWith('_seconds')) params[name.replace(/_seconds$/, '')] = span(Number(value) * 1000)
      if (name === 'queue_id') params.queue = world.queues[String(value)]?.name ?? ''
    }
    return t(key, params)
  }

  return (reasons) => reasons.map(words).filter((text) => text !== null)
}
