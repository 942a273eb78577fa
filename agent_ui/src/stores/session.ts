/** Who is signed in, and what the desk said about it. */
import { computed, ref } from 'vue'
import { defineStore } from 'pinia'
import { useCsrfToken } from '@/api/client'
import { ApiError } from '@/api/problem'
import { getSession } from '@/api/people'
import type { Session, User } from '@/api/types'
import { setServerTime } from '@/time/clock'

export const useSession = defineStore('session', () => {
  const session = ref<Session | null>(null)
  /** False until the desk was asked once whether somebody is signed in. */
  const asked = ref(false)
  const user = computed<User | null>(() => session.value?.user ?? null)
  const isAdministrator = computed(() => user.value?.role === 'administrator')
  const maySupervise = computed(() => user.value?.role === 'administrator' || user.value?.role === 'supervisor')
  /** Observers look on: whatever changes a ticket, or takes work, is not shown to them. */
  const mayWork = computed(() => session.value?.capabilities.includes('work') === true)

  function begin(next: Session): void {
    session.value = next
    asked.value = true
    useCsrfToken(next.csrf_token)
    setServerTime(next.server_time)
  }

  function end(): void {
    session.value = null
    asked.value = true
    useCsrfToken('')
  }

  function replaceUser(next: User): void {
    if (session.value !== null && session.value.user.id === next.id) {
      session.value = { ...session.value, user: next }
    }
  }

  /** Asks the desk who is signed in; a network failure is thrown on, "nobody" is not. */
  async function ask(): Promise<void> {
    try {
      begin(await getSession())
    } catch (error) {
      if (error instanceof ApiError && error.code === 'not-signed-in') end()
      else throw error
    }
  }

  return { session, asked, user, isAdministrator, maySupervise, mayWork, begin, end, ask, replaceUser }
})
