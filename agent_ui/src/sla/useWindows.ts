/** The working time around a due instant: a version of a calendar never changes, so it is asked for once. */
import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { listWindows, type ClockBadge, type OpenWindow } from './api'

const DAY = 86_400_000
const MOST_DAYS = 390

/** Null while they are being loaded, or where every second counts. */
export function useWindows(badge: () => ClockBadge | undefined): ComputedRef<OpenWindow[] | null> {
  const span = computed(() => spanOf(badge()))
  const found = useQuery({
    queryKey: ['windows', () => badge()?.calendar ?? '', () => span.value?.start ?? 0, () => span.value?.end ?? 0],
    queryFn: () => listWindows(badge()?.calendar ?? '', iso(span.value?.start), iso(span.value?.end)),
    enabled: () => span.value !== null,
    staleTime: Infinity,
  })
  return computed(() => (span.value === null ? null : found.data.value ?? null))
}

/** From yesterday to the end of the month in which it is due, so that many tickets ask the same. */
function spanOf(badge: ClockBadge | undefined): { start: number; end: number } | null {
  if (badge === undefined || badge.calendar === null || badge.due_at === null) return null
  const today = Math.floor(Date.now() / DAY) * DAY
  const due = Date.parse(badge.due_at)
  const start = Math.min(today - DAY, Math.floor(due / DAY) * DAY - DAY)
  const end = Math.max(today, due) + 31 * DAY
  const month = new Date(end)
  const rounded = Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 1)
  return { start, end: Math.min(rounded, start + MOST_DAYS * DAY) }
}

const iso = (at: number | undefined): string => new Date(at ?? 0).toISOString()
