/** RFC 9457 problem details as the desk sends them; `code` is what the console puts into words. */
export interface Problem {
  code: string
  title: string
  status: number
  detail: string
  errors: { path: string; message: string }[]
  /** Ids and figures that belong to the code, such as `seq`, `allowed` or `retry_after_seconds`. */
  facts: Record<string, unknown>
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail || problem.title}`)
    this.name = 'ApiError'
  }

  get code(): string {
    return this.problem.code
  }

  /** A number among the problem's facts, or null when it is not there. */
  number(name: string): number | null {
    const value = this.problem.facts[name]
    return typeof value === 'number' ? value : null
  }
}

export const NETWORK_PROBLEM: Problem = {
  code: 'network',
  title: 'The desk could not be reached',
  status: 0,
  detail: '',
  errors: [],
  facts: {},
}

/** Reads whatever came with an error status: problem+json, or anything else a proxy may have sent. */
export function problemFrom(status: number, body: unknown): Problem {
  const given = isRecord(body) ? body : {}
  const { code, title, detail, errors, ...facts } = given
  return {
    code: typeof code === 'string' ? code : status >= 500 ? 'server-error' : `http-${status}`,
    title: typeof title === 'string' ? title : `HTTP ${status}`,
    status,
    detail: typeof detail === 'string' ? detail : '',
    errors: Array.isArray(errors) ? errors.filter(isFieldError) : [],
    facts,
  }
}

/** Names of the fields that the desk refused, as its API calls them; empty when it names none. */
export function refusedFields(problem: Problem): string[] {
  const named = typeof problem.facts.field === 'string' ? [problem.facts.field] : []
  const paths = [...problem.errors.map((one) => one.path), ...named]
  // "contact.address", "cc.0": the last step that is a name.
  return paths.flatMap((path) => path.split(/[./]/).filter((step) => /^[a-z_]+$/.test(step)).at(-1) ?? [])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFieldError(value: unknown): value is { path: string; message: string } {
  return isRecord(value) && typeof value.path === 'string' && typeof value.message === 'string'
}
