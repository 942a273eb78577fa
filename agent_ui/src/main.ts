import ui from '@nuxt/ui/vue-plugin'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { firstLocale, i18n, useLocale } from './i18n'
import { createConsoleRouter } from './router'
import './theme.css'

async function start(): Promise<void> {
  await useLocale(firstLocale())
  createApp(App)
    .use(createPinia())
    .use(i18n)
    .use(createConsoleRouter())
    .use(VueQueryPlugin, { queryClientConfig: { defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false } } } })
    .use(ui)
    .mount('#app')
}

void start()
