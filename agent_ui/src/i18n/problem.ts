/** A failed call in words of the person who made it. */
import { useI18n } from 'vue-i18n'
import { SHORTEST_PASSWORD } from '@/api/limits'
import { ApiError } from '@/api/problem'

export function useProblemText(): (error: unknown) => string {
  const { t, te } = useI18n()
  return (error) => {
    if (!(error instanceof ApiError)) return t('problems.unexpected')
    const key = `problems.${error.code}`
    if (te(key) || te(key, 'en')) return t(key, { ...error.problem.facts, shortest: SHORTEST_PASSWORD })
    return error.problem.detail || error.problem.title
  }
}
