/** What this browser remembers of how its person likes to work. The desk knows nothing of it. */
import { useLocalStorage, usePreferredDark } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
export type SendStatus = 'keep' | 'open' | 'pending' | 'on_hold' | 'solved'

export const usePreferences = defineStore('preferences', () => {
  const theme = useLocalStorage<Theme>('servicedesk.theme', 'system')
  const singleKeys = useLocalStorage('servicedesk.single-keys', true)
  const offerSound = useLocalStorage('servicedesk.offer-sound', false)
  const offerNotification = useLocalStorage('servicedesk.offer-notification', false)
  const sendStatus = useLocalStorage<SendStatus>('servicedesk.send-status', 'pending')
  const prefersDark = usePreferredDark()
  const isDark = computed(() => (theme.value === 'system' ? prefersDark.value : theme.value === 'dark'))

  watchEffect(() => {
    document.documentElement.classList.toggle('dark', isDark.value)
    document.documentElement.classList.toggle('light', !isDark.value)
  })

  return { theme, isDark, singleKeys, offerSound, offerNotification, sendStatus }
})
