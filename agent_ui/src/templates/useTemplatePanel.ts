/** The template in the side panel: what is typed, what it would look like, what is wrong with it. */
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { refDebounced } from '@vueuse/core'
import { computed, reactive, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiError, refusedFields } from '@/api/problem'
import { addTemplate, changeTemplate, previewTemplate, removeTemplate, type TemplateKind } from '@/api/templates'
import type { MailTemplate } from '@/api/types'
import { useProblemText } from '@/i18n/problem'
import { useNotify } from '@/parts/notify'
import { faultOf, FIRST_WORDS, hasSubject } from './kinds'

const blank = (brandId: string, kind: TemplateKind, language: string) => ({ brand_id: brandId, kind, language, ...FIRST_WORDS[kind], html: '', active: true })

export function useTemplatePanel() {
  const { t } = useI18n()
  const notify = useNotify()
  const problemText = useProblemText()
  const client = useQueryClient()
  const open = ref(false)
  const busy = ref(false)
  const problem = ref('')
  const template = shallowRef<MailTemplate | null>(null)
  const form = reactive(blank('', 'acknowledgement', 'en'))

  const words = computed(() => ({ subject: hasSubject(form.kind) ? form.subject : '', text: form.text, html: form.html.trim() === '' ? null : form.html }))
  const asked = refDebounced(computed(() => ({ ...words.value, brand_id: form.brand_id, kind: form.kind })), 300)
  const preview = useQuery({
    queryKey: computed(() => ['template-preview', asked.value]),
    queryFn: ({ signal }) => previewTemplate(asked.value, signal),
    enabled: computed(() => open.value && asked.value.brand_id !== '' && asked.value.text !== ''),
    retry: false,
  })
  /** What the desk refuses, by the field in which it was typed. */
  const faults = computed<Record<string, string>>(() => {
    const own = ownFaults()
    if (Object.keys(own).length > 0) return own
    const error = preview.error.value
    if (!(error instanceof ApiError)) return {}
    const said = problemText(error)
    return Object.fromEntries((refusedFields(error.problem).length > 0 ? refusedFields(error.problem) : ['text']).map((field) => [field, said]))
  })

  function ownFaults(): Record<string, string> {
    const fields = (['subject', 'text', 'html'] as const).filter((field) => field !== 'subject' || hasSubject(form.kind))
    return Object.fromEntries(fields.flatMap((field) => {
      const fault = faultOf(form.kind, field, form[field])
      return fault === null ? [] : [[field, t(`template.fault_${fault.key}`, { variable: `{{${fault.variable ?? ''}}}`, example: '{{brand}}' })]]
    }))
  }

  function show(next: MailTemplate | null, brandId: string, language: string): void {
    template.value = next
    problem.value = ''
    Object.assign(form, next === null ? blank(brandId, 'acknowledgement', language) : { ...next, html: next.html ?? '' })
    open.value = true
  }

  /** Words that nobody changed yet are those of the kind. */
  function choose(kind: TemplateKind): void {
    const untouched = form.text === FIRST_WORDS[form.kind].text
    form.kind = kind
    if (untouched) Object.assign(form, FIRST_WORDS[kind])
  }

  async function run(deed: () => Promise<unknown>, done: string): Promise<void> {
    busy.value = true
    problem.value = ''
    try {
      await deed()
      await client.invalidateQueries({ queryKey: ['templates'] })
      open.value = false
      notify.done(done)
    } catch (error) {
      problem.value = problemText(error)
    } finally {
      busy.value = false
    }
  }

  const save = (): Promise<void> =>
    run(() => {
      const { brand_id, kind, language, active } = form
      const before = template.value
      return before === null ? addTemplate({ ...words.value, brand_id, kind, language, active }) : changeTemplate(before.id, before.version, { ...words.value, active })
    }, t('settings.saved'))

  const remove = (): Promise<void> =>
    run(async () => {
      if (template.value !== null) await removeTemplate(template.value.id, template.value.version)
    }, t('template.removed'))

  return { open, busy, problem, template, form, preview, faults, show, choose, save, remove }
}
