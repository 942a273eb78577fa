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

export interface SendOptions {
  setStatus: TicketStatus | null
  seenSeq: number
  /** The writer was warned and sends all the same. */
  sure: boolean
}

export function useSend(ticketId: string) {
  const store = useWorld()
  const notify = useNotify()
  const { reread } = useTicketActions()
  const sending = ref(false)
  /** The desk refused: the contact wrote after what the draft had seen. */
  const refusedAt = ref<number | null>(null)
  /** The desk refused: mail to somebody addressed came back. */
  const refusedAddress = ref(false)
  let lastTry = { payload: '', key: '' }

  /** The same words keep their key, so that a repeated try cannot become a second message. */
  function keyFor(payload: unknown): string {
    const text = JSON.stringify(payload)
    if (lastTry.payload !== text) lastTry = { payload: text, key: newKey() }
    return lastTry.key
  }

  async function send(kind: DraftKind, draft: Draft, { setStatus, seenSeq, sure }: SendOptions): Promise<boolean> {
    if (sending.value) return false
    sending.value = true
    refusedAt.value = null
    refusedAddress.value = false
    const attachment_ids = draft.files.flatMap((file) => file.upload?.id ?? [])
    try {
      if (kind === 'note') {
        const note = { text: draft.text.trim(), attachment_ids }
        store.absorbMessage(await writeNote(ticketId, note, keyFor(note)))
      } else {
        const reply = { text: draft.text.trim(), attachment_ids, cc: draft.cc, set_status: setStatus, seen_seq: seenSeq, even_if_undeliverable: sure }
        store.absorbMessage(await sendReply(ticketId, reply, keyFor(reply)))
      }
      lastTry = { payload: '', key: '' }
      return true
    } catch (error) {
      if (error instanceof ApiError && error.code === 'newer-message') {
        refusedAt.value = error.number('seq') ?? seenSeq + 1
        void reread(ticketId)
      } else if (error instanceof ApiError && error.code === 'undeliverable-address') {
        refusedAddress.value = true
        void reread(ticketId)
      } else {
        notify.failed(error)
      }
      return false
    } finally {
      sending.value = false
    }
  }

  return { send, sending, refusedAt, refusedAddress }
}
