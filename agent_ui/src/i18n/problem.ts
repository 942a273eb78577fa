/** A failed call in words of the person who made it. */
import { useI18n } from 'vue-i18n'
import { SHORTEST_PASSWORD } from '@/api/limits'
import { ApiError, refusedFields } from '@/api/problem'

/** Codes of what was typed, which name the fields they are about. */
const TYPED_WRONG: readonly string[] = ['invalid-request', 'bad-input']

export function useProblemText(): (error: unknown) => string {
  const { t, te, locale } = useI18n()
  const known = (key: string): boolean => te(key) || te(key, 'en')

  function namedFields(error: ApiError): string {
    const names = refusedFields(error.problem).filter((field) => known(`problems.field_${field}`)).map((field) => t(`problems.field_${field}`))
    return [...new Set(names)].join(locale.value === 'zh-CN' ? '、' : ', ')
  }

  return (error) => {
    if (!(error instanceof ApiError)) return t('problems.unexpected')
    const fields = TYPED_WRONG.includes(error.code) ? namedFields(error) : ''
    if (fields !== '') return t('problems.check_fields', { fields })
    // A rule of the desk says in English what to do, which is more than the catalogue knows.
    if (error.code === 'bad-input' && locale.value === 'en' && error.problem.detail !== '') return error.problem.detail
    const key = `problems.${error.code}`
    if (known(key)) return t(key, { ...error.problem.facts, shortest: SHORTEST_PASSWORD })
    return error.problem.detail || error.problem.title
  }
}
