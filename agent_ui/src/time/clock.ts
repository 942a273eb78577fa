/** The desk's time as seen from here: one ticking value, corrected by what the desk last said. */
import { computed, ref, type ComputedRef } from 'vue'

const offsetMs = ref(0)
const tick = ref(Date.now())
let timer: ReturnType<typeof setInterval> | null = null

/** Takes the desk's own time as it just arrived; half a round trip of error does no harm here. */
export function setServerTime(iso: string): void {
  offsetMs.value = Date.parse(iso) - Date.now()
  tick.value = Date.now()
}

/** Milliseconds since 1970 by the desk's clock, renewed once a second. */
export function useNow(): ComputedRef<number> {
  timer ??= setInterval(() => {
    tick.value = Date.now()
  }, 1000)
  return computed(() => tick.value + offsetMs.value)
}

export function serverNow(): number {
  return Date.now() + offsetMs.value
}
