/** Which of the shell's overlays are open, and whether the context panel is shown where it has to be asked for. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const useShellState = defineStore('shell', () => {
  const paletteOpen = ref(false)
  const newTicketOpen = ref(false)
  const contextOpen = ref(false)
  return { paletteOpen, newTicketOpen, contextOpen }
})
