/** Handing a ticket's work on: held out to a person, given without asking, or moved to a queue. */
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Answer } from '@/api/client'
import { forceOnAgent, transferToAgent, type HandedOn } from '@/api/desk'
import type { Queue, User } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { useTicketActions } from './useTicketActions'

export function useHandOn() {
  const { t } = useI18n()
  const notify = useNotify()
  const actions = useTicketActions()
  const busy = ref(false)

  /** True when it was done. Who sees the ticket from then on, the frames tell. */
  async function once(write: () => Promise<Answer<HandedOn>>, words: { done: string; over: string }): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      const { data } = await write()
      if (data.over_capacity) notify.warn(words.over)
      else notify.done(words.done)
      return true
    } catch (error) {
      notify.failed(error)
      return false
    } finally {
      busy.value = false
    }
  }

  const offer = (ticketId: string, { id, name }: User): Promise<boolean> =>
    once(() => transferToAgent(ticketId, id), { done: t('ticket.hand_on_offered', { name }), over: t('ticket.hand_on_offered_over', { name }) })

  const give = (ticketId: string, { id, name }: User): Promise<boolean> =>
    once(() => forceOnAgent(ticketId, id), { done: t('ticket.hand_on_given', { name }), over: t('ticket.hand_on_over', { name }) })

  const move = (ticketId: string, queue: Queue): Promise<boolean> => actions.change(ticketId, { queue_id: queue.id })

  return { offer, give, move, busy }
}
