/** Drafts of one browser tab, per ticket and kind, until the desk keeps them. */
import { reactive, watch } from 'vue'
import type { Upload } from '@/api/types'

export type DraftKind = 'reply' | 'note'

export interface DraftFile {
  key: string
  name: string
  size_bytes: number
  state: 'uploading' | 'ready' | 'failed'
  upload: Upload | null
}

export interface Draft {
  text: string
  cc: string[]
  files: DraftFile[]
  /** The newest message the writer had seen when the draft was begun; null before the first word. */
  seen_seq: number | null
}

const PREFIX = 'servicedesk.draft.'
const drafts = new Map<string, Draft>()

function emptyDraft(cc: string[]): Draft {
  return { text: '', cc, files: [], seen_seq: null }
}

/** A draft that follows what is typed into the session storage. `cc` is who is in copy to begin with. */
export function draftFor(ticketId: string, kind: DraftKind, cc: string[]): Draft {
  const key = `${PREFIX}${ticketId}.${kind}`
  const known = drafts.get(key)
  if (known !== undefined) return known
  const draft = reactive({ ...emptyDraft(cc), ...read(key) })
  draft.files = draft.files.filter((file) => file.state === 'ready')
  drafts.set(key, draft)
  watch(draft, () => write(key, draft), { deep: true })
  return draft
}

export function clearDraft(draft: Draft, cc: string[]): void {
  Object.assign(draft, emptyDraft(cc))
}

function read(key: string): Partial<Draft> {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Draft>
  } catch {
    return {}
  }
}

function write(key: string, draft: Draft): void {
  try {
    if (draft.text === '' && draft.files.length === 0) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, JSON.stringify(draft))
  } catch {
    // A full or forbidden session storage costs the draft on reload, never the typing.
  }
}
