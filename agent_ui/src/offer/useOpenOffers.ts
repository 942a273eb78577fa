/** The offers held out to me that still wait for an answer, the one that ends first in front. */
import { computed, type ComputedRef } from 'vue'
import type { Offer } from '@/api/types'
import { useSession } from '@/stores/session'
import { useWorld } from '@/stores/world'
import { useNow } from '@/time/clock'

/** The desk decides that an offer timed out; if its word is late the card goes by itself after this. */
const GRACE_MS = 2_000

export function useOpenOffers(): ComputedRef<Offer[]> {
  const session = useSession()
  const { world } = useWorld()
  const now = useNow()
  return computed(() =>
    Object.values(world.offers)
      .filter((offer) => offer.state === 'open' && offer.user_id === session.user?.id)
      .filter((offer) => Date.parse(offer.deadline) + GRACE_MS > now.value)
      .sort((a, b) => a.deadline.localeCompare(b.deadline)),
  )
}
