/** Changes to a ticket: shown at once as a marked guess, then confirmed or taken back. */
import { useI18n } from 'vue-i18n'
import { newKey } from '@/api/client'
import { changeTicket, getTicket, takeTicket, type TicketChange } from '@/api/desk'
import { ApiError } from '@/api/problem'
import type { TicketRow, TicketStatus } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { useShellState } from '@/shell/shellState'
import { useSession } from '@/stores/session'
import { useWorld } from '@/stores/world'

export function useTicketActions() {
  const { t } = useI18n()
  const store = useWorld()
  const session = useSession()
  const notify = useNotify()
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

  function change(ticketId: string, wanted: TicketChange): Promise<boolean> {
    const row = store.world.tickets[ticketId]
    if (row === undefined) return Promise.resolve(false)
    return guessed(ticketId, wanted, async () => {
      const answer = await changeTicket(ticketId, row.version, wanted)
      store.absorbChanged(answer)
      return answer.position
    })
  }

  /** Closing is final, so it is asked about first; every other status is set at once. */
  function setStatus(ticketId: string, status: TicketStatus): void {
    if (status === 'closed') shell.closingTicketId = ticketId
    else void change(ticketId, { status })
  }

  function take(ticketId: string): Promise<boolean> {
    return guessed(ticketId, { assignee_id: session.user?.id ?? null }, async () => {
      const answer = await takeTicket(ticketId)
      store.absorb('tickets', answer)
      void reread(ticketId)
      return answer.position
    })
  }

  return { change, setStatus, take, reread }
}
