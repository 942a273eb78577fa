import { computed, ref, watch } from 'vue'
import { getContact } from '@/api/desk'
import type { LoadState } from '@/stores/loading'
import { useWorld } from '@/stores/world'

/** The contact of the ticket on screen, read once and kept up by frames. */
export function useContact(contactId: () => string | null) {
  const store = useWorld()
  const state = ref<LoadState>('loading')
  const contact = computed(() => store.world.contacts[contactId() ?? ''] ?? null)

  async function load(): Promise<void> {
    const id = contactId()
    if (id === null || store.epoch === 0) return
    const { asOf } = store
    state.value = contact.value === null ? 'loading' : 'ready'
    try {
      store.absorbContact(await getContact(id), asOf)
      state.value = 'ready'
    } catch {
      state.value = contact.value === null ? 'failed' : 'ready'
    }
  }

  watch([contactId, () => store.epoch], load, { immediate: true })
  return { contact, state, retry: load }
}
