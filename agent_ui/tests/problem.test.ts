import { createApp, defineComponent, h } from 'vue'
import { expect, test } from 'vitest'
import type { Locale } from '@/api/types'
import { ApiError, problemFrom } from '@/api/problem'
import { i18n, useLocale } from '@/i18n'
import { useProblemText } from '@/i18n/problem'

async function inWords(locale: Locale, problem: Record<string, unknown>): Promise<string> {
  await useLocale(locale)
  let words = ''
  const app = createApp(defineComponent({
    setup() {
      words = useProblemText()(new ApiError(problemFrom(422, problem)))
      return () => h('p')
    },
  }))
  app.use(i18n).mount(document.createElement('div'))
  app.unmount()
  return words
}

const refused = (...paths: string[]) => ({
  code: 'invalid-request', detail: "The body is not as the API's document says.", errors: paths.map((path) => ({ path, message: 'String should match' })),
})

test.each<[Locale, string]>([['en', 'Please check: subject, address.'], ['zh-CN', '请检查：主题、地址。']])('in %s the refused fields are named as the forms name them', async (locale, words) => {
  expect(await inWords(locale, refused('subject', 'contact.address'))).toBe(words)
})

test.each<Locale>(['en', 'zh-CN'])('in %s a field without a name of its own is not shown as the API calls it', async (locale) => {
  const words = await inWords(locale, refused('x_internal'))
  expect(words).toBe(i18n.global.t('problems.invalid-request'))
})

test.each<[Locale, string]>([['en', 'Please check: message.'], ['zh-CN', '请检查：消息。']])('in %s a rule of the desk names its field too', async (locale, words) => {
  expect(await inWords(locale, { code: 'bad-input', detail: 'The note is empty.', field: 'text' })).toBe(words)
})

test('how long a password must be is told with it', async () => {
  expect(await inWords('en', { code: 'weak-password' })).toContain('at least 10 characters')
})

test.each<[Locale, string]>([['en', 'This inbox is switched off. Choose another.'], ['zh-CN', '当前输入无法完成操作，请检查。']])('in %s a rule without a field is told as well as it can be', async (locale, words) => {
  expect(await inWords(locale, { code: 'bad-input', detail: 'This inbox is switched off. Choose another.' })).toBe(words)
})
