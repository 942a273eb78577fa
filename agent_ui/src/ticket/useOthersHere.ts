import { computed } from 'vue'
import { MIND_LASTS_MS, useConnection } from '@/stores/connection'
import { useSession } from '@/stores/session'
import { useWorld } from '@/stores/world'
import { useNow } from '@/time/clock'

/** Colleagues who look at the ticket or type on it right now. */
export function useOthersHere(ticketId: () => string) {
  const connection = useConnection()
  const session = useSession()
  const store = useWorld()
  const now = useNow()
  return computed(() =>
    Object.values(connection.minds[ticketId()] ?? {}).flatMap((mind) => {
      if (mind.kind === 'gone' || mind.user_id === session.user?.id) return []
      if (now.value - Date.parse(mind.at) > MIND_LASTS_MS[mind.kind]) return []
      const name = store.nameOf(mind.user_id)
      return name === null ? [] : [{ name, kind: mind.kind }]
    }),
  )
}
