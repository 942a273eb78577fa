/** What came in and was not let in: looked at, let in, thrown away. */
import { call, get } from './client'
import { NETWORK_PROBLEM, ApiError, problemFrom } from './problem'
import type { Page, QuarantineRow } from './types'

export const listQuarantine = (cause: string | null, cursor: string | null): Promise<Page<QuarantineRow>> =>
  get('/quarantine', { cause, cursor, limit: 50 })

export const letIn = async (id: string): Promise<QuarantineRow> => (await call<QuarantineRow>('POST', `/quarantine/${id}/retry`)).data

export const discard = async (id: string): Promise<QuarantineRow> => (await call<QuarantineRow>('POST', `/quarantine/${id}/discard`)).data

/** Where a mail can be had exactly as it came in. */
export const rawArrivalUrl = (id: string): string => `/api/quarantine/${id}/raw`
export const rawMessageUrl = (id: string): string => `/api/messages/${id}/raw`

export interface RawText {
  text: string
  /** False when there is more of it than is shown. */
  whole: boolean
}

const MOST_SHOWN_BYTES = 200_000

/** The beginning of a raw mail as text: bytes that are no UTF-8 stand as marks, nothing is executed. */
export async function readRaw(url: string): Promise<RawText> {
  const response = await fetch(url).catch(() => null)
  if (response === null) throw new ApiError(NETWORK_PROBLEM)
  if (!response.ok) throw new ApiError(problemFrom(response.status, await response.json().catch(() => null)))
  const bytes = await response.arrayBuffer()
  return { text: new TextDecoder().decode(bytes.slice(0, MOST_SHOWN_BYTES)), whole: bytes.byteLength <= MOST_SHOWN_BYTES }
}
