/** Accepting and declining: one answer per offer, whatever is pressed twice. */
import { reactive } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { ApiError } from '@/api/problem'
import { acceptOffer, declineOffer } from '@/api/people'
import type { DeclineReason, Offer } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { useWorld } from '@/stores/world'

const answering = reactive(new Set<string>())

export function useOfferAnswer() {
  const { t, te } = useI18n()
  const router = useRouter()
  const store = useWorld()
  const notify = useNotify()

  async function once(offer: Offer, answer: () => Promise<void>): Promise<void> {
    if (answering.has(offer.id)) return
    answering.add(offer.id)
    try {
      await answer()
    } catch (error) {
      if (error instanceof ApiError && error.code === 'offer-gone') gone(offer, error)
      else notify.failed(error)
    } finally {
      answering.delete(offer.id)
    }
  }

  function gone(offer: Offer, error: ApiError): void {
    const state = String(error.problem.facts.state ?? 'rescinded')
    store.absorb('offers', { data: { ...offer, state: 'rescinded' }, position: null, version: null })
    const key = `offer.gone_${state}`
    notify.warn(te(key) ? t(key) : t('offer.gone_rescinded'))
  }

  const accept = (offer: Offer): Promise<void> =>
    once(offer, async () => {
      const answer = await acceptOffer(offer.id)
      store.absorb('offers', { ...answer, data: answer.data.offer })
      await router.push(`/work/${answer.data.ticket_id}`)
    })

  const decline = (offer: Offer, reason: DeclineReason, note: string): Promise<void> =>
    once(offer, async () => {
      store.absorb('offers', await declineOffer(offer.id, reason, note.trim() === '' ? null : note.trim()))
    })

  return { answering, accept, decline }
}
