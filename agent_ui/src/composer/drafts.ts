/** Drafts of one browser tab, per person, ticket and kind, until the desk keeps them. */
import { effectScope, reactive, watch, type EffectScope } from 'vue'
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
const drafts = new Map<string, { draft: Draft; scope: EffectScope }>()

function emptyDraft(cc: string[]): Draft {
  return { text: '', cc, files: [], seen_seq: null }
}

export interface DraftPlace {
  userId: string
  ticketId: string
  kind: DraftKind
}

/** A draft that follows what is typed into the session storage. `cc` is who is in copy to begin with. */
export function draftFor({ userId, ticketId, kind }: DraftPlace, cc: string[]): Draft {
  const key = `${prefixOf(userId)}${ticketId}.${kind}`
  const known = drafts.get(key)
  if (known !== undefined) return known.draft
  const draft = reactive({ ...emptyDraft(cc), ...read(key) })
  draft.files = draft.files.filter((file) => file.state === 'ready')
  // Of its own, since the draft outlives the composer that asked for it first.
  const scope = effectScope(true)
  scope.run(() => watch(draft, () => write(key, draft), { deep: true }))
  drafts.set(key, { draft, scope })
  return draft
}

/** After signing out nobody's drafts stay in the tab; whoever signs in keeps only their own. */
export function forgetDrafts({ except }: { except: string | null }): void {
  const kept = (key: string): boolean => except !== null && key.startsWith(prefixOf(except))
  for (const [key, { scope }] of drafts) {
    if (kept(key)) continue
    scope.stop()
    drafts.delete(key)
  }
  for (const key of storedKeys()) if (!kept(key)) sessionStorage.removeItem(key)
}

const prefixOf = (userId: string): string => `${PREFIX}${userId}.`

export function clearDraft(draft: Draft, cc: string[]): void {
  Object.assign(draft, emptyDraft(cc))
}

function storedKeys(): string[] {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX))
  } catch {
    return []
  }
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
