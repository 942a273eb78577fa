/** Changes to a ticket: shown at once as a marked guess, then confirmed or taken back. */
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { newKey } from '@/api/client'
import { changeTicket, getTicket, takeTicket, type TicketChange } from '@/api/desk'
import { ApiError } from '@/api/problem'
import type { TicketRow, TicketStatus } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { useShellState } from '@/shell/shellState'
import { useSession } from '@/stores/session'
import { useWorld } from '@/stores/world'
import { useWorkPane } from '@/workspace/useWorkPane'

export function useTicketActions() {
  const { t } = useI18n()
  const store = useWorld()
  const session = useSession()
  const notify = useNotify()
  const router = useRouter()
  const pane = useWorkPane()
  const shell = useShellState()

  async function reread(ticketId: string): Promise<void> {
    const { asOf } = store
    await getTicket(ticketId).then((ticket) => store.absorbTicket(ticket, asOf), () => undefined)
  }

  async function guessed(ticketId: string, patch: Partial<TicketRow>, write: () => Promise<number | null>): Promise<boolean> {
    const key = newKey()
    store.guess({ key, ticket_id: ticketId, patch, position: null })
    try {
      store.settleGuess(key, await write())
      return true
    } catch (error) {
      store.forgetGuess(key)
      explain(error, ticketId)
      return false
    }
  }

  function explain(error: unknown, ticketId: string): void {
    if (!(error instanceof ApiError)) return void notify.failed(error)
    if (error.code === 'version-mismatch' || error.code === 'already-taken') void reread(ticketId)
    if (error.code === 'already-taken') {
      const owner = error.problem.facts.owner ?? error.problem.facts.owner_id
      const name = typeof owner === 'string' ? store.nameOf(owner) : null
      return void notify.warn(t('ticket.taken_by', { name: name ?? t('ticket.somebody') }))
    }
    if (error.code === 'wrong-step') {
      const allowed = (error.problem.facts.allowed ?? []) as TicketStatus[]
      const names = allowed.map((status) => t(`words.status_${status}`)).join(', ')
      return void notify.warn(t('ticket.wrong_step', { allowed: names }))
    }
    notify.failed(error)
  }

  /** Done, and by that no longer ours to see: say so and go back to the list. */
  function lose(ticketId: string, position: number | null): void {
    store.loseTicket(ticketId, position)
    notify.tell(t('ticket.out_of_sight'))
    if (pane.ticketId.value === ticketId) void router.push(pane.linkTo(null))
  }

  function change(ticketId: string, wanted: TicketChange): Promise<boolean> {
    const row = store.world.tickets[ticketId]
    if (row === undefined) return Promise.resolve(false)
    return guessed(ticketId, wanted, async () => {
      const { data, position, version } = await changeTicket(ticketId, row.version, wanted)
      if (data === null) lose(ticketId, position)
      else store.absorbChanged({ data, position, version })
      return position
    })
  }

  /** Closing is final, so it is asked about first; every other status is set at once. */
  function setStatus(ticketId: string, status: TicketStatus): void {
    if (status === 'closed') shell.closingTicketId = ticketId
    else void change(ticketId, { status })
  }

  function take(ticketId: string): Promise<boolean> {
    return guessed(ticketId, { assignee_id: session.user?.id ?? null }, async () => {
      const { data, position, version } = await takeTicket(ticketId)
      if (data === null) {
        lose(ticketId, position)
      } else {
        store.absorb('tickets', { data, position, version })
        void reread(ticketId)
      }
      return position
    })
  }

  return { change, setStatus, take, reread }
}
