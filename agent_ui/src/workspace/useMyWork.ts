import { computed } from 'vue'
import { useOpenOffers } from '@/offer/useOpenOffers'
import { useLocaleFormat } from '@/parts/useLocaleFormat'
import { useSession } from '@/stores/session'
import { useWorld } from '@/stores/world'
import { shownTickets } from './shownTickets'
import { groupMyWork } from './order'

/** My offers and tickets in their groups, and how many of them ask for attention. */
export function useMyWork() {
  const session = useSession()
  const store = useWorld()
  const format = useLocaleFormat()
  const offers = useOpenOffers()

  const groups = computed(() => {
    const today = format.today.value
    return groupMyWork(shownTickets(store.world), session.user?.id ?? '', (iso) => format.dayOf(iso) === today)
  })
  const attention = computed(() => offers.value.length + groups.value.active.filter((row) => row.unread).length)

  return { offers, groups, attention }
}
