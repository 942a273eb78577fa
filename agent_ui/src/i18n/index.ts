/** Both languages; the second is fetched when it is chosen. Keys are `area.key`. */
import { createI18n } from 'vue-i18n'
import type { Locale } from '@/api/types'
import en from './en'

export type Catalogue = typeof en

export const LOCALES: { value: Locale; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'zh-CN', label: '简体中文' },
]

const REMEMBERED = 'servicedesk.locale'

export const i18n = createI18n({
  legacy: false,
  locale: 'en' as Locale,
  fallbackLocale: 'en',
  messages: { en } as Record<Locale, Catalogue>,
  missingWarn: false,
  fallbackWarn: false,
})

export async function useLocale(locale: Locale): Promise<void> {
  if (locale === 'zh-CN' && !i18n.global.availableLocales.includes('zh-CN')) {
    i18n.global.setLocaleMessage('zh-CN', (await import('./zh-CN')).default)
  }
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  document.getElementById('overlays')?.setAttribute('aria-label', i18n.global.t('shell.overlays'))
  localStorage.setItem(REMEMBERED, locale)
}

/** The language before anybody signed in: the one chosen last here, else the browser's. */
export function firstLocale(): Locale {
  const remembered = localStorage.getItem(REMEMBERED)
  if (remembered === 'en' || remembered === 'zh-CN') return remembered
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}
