/** Sending a reply or a note once, however often the button is pressed or the line breaks. */
import { ref } from 'vue'
import { newKey } from '@/api/client'
import { sendReply, writeNote } from '@/api/desk'
import { ApiError } from '@/api/problem'
import type { TicketStatus } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { useWorld } from '@/stores/world'
import { useTicketActions } from '@/ticket/useTicketActions'
import type { Draft, DraftKind } from './drafts'
import type { Doubt } from './warnings'

const DOUBT_OF: Readonly<Record<string, Doubt>> = { 'newer-message': 'newer', 'undeliverable-address': 'address' }

export interface SendOptions {
  setStatus: TicketStatus | null
  seenSeq: number
  /** The writer knows that mail to a recipient comes back. */
  evenIfUndeliverable: boolean
}

export function useSend(ticketId: string) {
  const store = useWorld()
  const notify = useNotify()
  const { reread } = useTicketActions()
  const sending = ref(false)
  /** Why the desk refused: the contact wrote again meanwhile, or mail to somebody addressed came back. */
  const refused = ref<Doubt | null>(null)
  let lastTry = { payload: '', key: '' }

  /** The same words keep their key, so that a repeated try cannot become a second message. */
  function keyFor(payload: unknown): string {
    const text = JSON.stringify(payload)
    if (lastTry.payload !== text) lastTry = { payload: text, key: newKey() }
    return lastTry.key
  }

  async function send(kind: DraftKind, draft: Draft, { setStatus, seenSeq, evenIfUndeliverable }: SendOptions): Promise<boolean> {
    if (sending.value) return false
    sending.value = true
    refused.value = null
    const attachment_ids = draft.files.flatMap((file) => file.upload?.id ?? [])
    try {
      if (kind === 'note') {
        const note = { text: draft.text.trim(), attachment_ids }
        store.absorbMessage(await writeNote(ticketId, note, keyFor(note)))
      } else {
        const reply = { text: draft.text.trim(), attachment_ids, cc: draft.cc, set_status: setStatus, seen_seq: seenSeq, even_if_undeliverable: evenIfUndeliverable }
        store.absorbMessage(await sendReply(ticketId, reply, keyFor(reply)))
      }
      lastTry = { payload: '', key: '' }
      return true
    } catch (error) {
      refused.value = error instanceof ApiError ? (DOUBT_OF[error.code] ?? null) : null
      if (refused.value === null) notify.failed(error)
      else await reread(ticketId)
      return false
    } finally {
      sending.value = false
    }
  }

  return { send, sending, refused }
}
