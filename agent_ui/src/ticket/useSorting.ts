/** Approving, splitting off, moving and merging: done once, told, and then one is where the message is. */
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { approveMessage, mergeTicket, moveMessage, splitMessage } from '@/api/sorting'
import type { TicketRow } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { useWorld } from '@/stores/world'
import { useWorkPane } from '@/workspace/useWorkPane'

export function useSorting() {
  const { t } = useI18n()
  const store = useWorld()
  const notify = useNotify()
  const router = useRouter()
  const pane = useWorkPane()
  const busy = ref(false)

  async function once(deed: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    try {
      await deed()
    } catch (error) {
      notify.failed(error)
    } finally {
      busy.value = false
    }
  }

  const approve = (messageId: string): Promise<void> =>
    once(async () => {
      store.absorbMessage(await approveMessage(messageId))
      notify.done(t('mail.approved'))
    })

  const split = (messageId: string): Promise<void> =>
    once(async () => {
      const { data } = await splitMessage(messageId)
      if (data === null) return void notify.tell(t('mail.split_out_of_sight'))
      notify.done(t('mail.split_done', { number: data.number }))
      await router.push(pane.linkTo(data.id))
    })

  const move = (messageId: string, target: TicketRow): Promise<void> =>
    once(async () => {
      await moveMessage(messageId, target.id)
      notify.done(t('mail.moved', { number: target.number }))
      await router.push(pane.linkTo(target.id))
    })

  const merge = (ticketId: string, target: TicketRow): Promise<void> =>
    once(async () => {
      await mergeTicket(ticketId, target.id)
      notify.done(t('mail.merged', { number: target.number }))
      await router.push(pane.linkTo(target.id))
    })

  return { approve, split, move, merge, busy }
}
