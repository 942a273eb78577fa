/** Which of the shell's overlays are open, and whether the context panel is shown where it has to be asked for. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const useShellState = defineStore('shell', () => {
  const paletteOpen = ref(false)
  const newTicketOpen = ref(false)
  const contextOpen = ref(false)
  /** The ticket whose closing is to be confirmed. */
  const closingTicketId = ref<string | null>(null)
  /** The ticket whose work is being handed on. */
  const handingOnId = ref<string | null>(null)
  /** The offer that its person picked among several; otherwise the one that ends first is shown. */
  const pickedOfferId = ref<string | null>(null)
  return { paletteOpen, newTicketOpen, contextOpen, closingTicketId, handingOnId, pickedOfferId }
})
