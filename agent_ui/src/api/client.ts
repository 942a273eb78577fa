/**
 * The one way to the desk's HTTP interface: cookies, CSRF token, idempotency keys, versions,
 * journal positions and problems are handled here and nowhere else.
 */
import { ApiError, NETWORK_PROBLEM, problemFrom } from './problem'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Answer<T> {
  data: T
  /** Journal position of the last entry of this write, null for reads. */
  position: number | null
  /** Version for the next If-Match, null when the answer carries none. */
  version: number | null
}

export interface CallOptions {
  json?: unknown
  body?: Blob
  headers?: Record<string, string>
  query?: Record<string, string | number | null | undefined>
  ifMatch?: number
  idempotencyKey?: string
  signal?: AbortSignal
}

let csrfToken = ''
let onSignedOut: () => void = () => undefined

export function useCsrfToken(token: string): void {
  csrfToken = token
}

/** Called whenever the desk says that the session is over. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

export function newKey(): string {
  return crypto.randomUUID()
}

export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const response = await send(method, path, options)
  const body = await readBody(response)
  if (!response.ok) throw refusalOf(response, body)
  return {
    data: body as T,
    position: numberIn(response.headers.get('X-Position')),
    version: numberIn(response.headers.get('ETag')),
  }
}

function refusalOf(response: Response, body: unknown): ApiError {
  const problem = problemFrom(response.status, body)
  const retryAfter = Number(response.headers.get('Retry-After'))
  if (retryAfter > 0 && problem.facts.retry_after_seconds === undefined) {
    problem.facts.retry_after_seconds = retryAfter
  }
  if (problem.code === 'not-signed-in') onSignedOut()
  return new ApiError(problem)
}

/** For answers that come line by line while the desk is at work: `tell` hears each as it comes. */
export async function callForLines(path: string, options: CallOptions, tell: (line: string) => void): Promise<void> {
  const response = await send('POST', path, options)
  if (!response.ok || response.body === null) throw refusalOf(response, await readBody(response))
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read().catch(() => { throw new ApiError(NETWORK_PROBLEM) })
    const lines = (rest + (value ?? '')).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line.trim() !== '') tell(line)
    if (done) return
  }
}

/** Like `call`, for those who need only what came back. */
export async function get<T>(path: string, query?: CallOptions['query'], signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', path, { query, signal })).data
}

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
  try {
    return await fetch(address(path, options.query), {
      method,
      headers: headersFor(method, options),
      body: options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json)),
      credentials: 'same-origin',
      signal: options.signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(NETWORK_PROBLEM)
  }
}

function headersFor(method: Method, options: CallOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers }
  if (options.json !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken
  if (options.ifMatch !== undefined) headers['If-Match'] = `"${options.ifMatch}"`
  if (options.idempotencyKey !== undefined) headers['Idempotency-Key'] = options.idempotencyKey
  return headers
}

function address(path: string, query: CallOptions['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `/api${path}?${text}` : `/api${path}`
}

async function readBody(response: Response): Promise<unknown> {
  const type = response.headers.get('Content-Type') ?? ''
  if (response.status === 204 || !type.includes('json')) return null
  return (await response.json()) as unknown
}

function numberIn(header: string | null): number | null {
  const digits = header?.match(/\d+/)?.[0]
  return digits === undefined ? null : Number(digits)
}
