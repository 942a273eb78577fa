/** What is left of a promise: arithmetic over the desk's own instants and windows, no rule of its own. */
import type { ClockBadge, OpenWindow } from './api'

export interface TimeLeft {
  /** Milliseconds of the clock's own time; negative once it is late. Null while its hours are not known here. */
  working: number | null
  /** Milliseconds by the clock on the wall; null while it stands still. */
  wall: number | null
  tone: 'late' | 'soon' | 'calm' | 'still'
}

const SOON_SHARE = 0.25

/** Working milliseconds from one instant to another, negative if the other is earlier. Windows are in order. */
export function workingBetween(windows: OpenWindow[], from: number, to: number): number {
  if (to < from) return -workingBetween(windows, to, from)
  let total = 0
  for (const window of windows) {
    const opens = Math.max(Date.parse(window.opens), from)
    const closes = Math.min(Date.parse(window.closes), to)
    if (closes > opens) total += closes - opens
  }
  return total
}

export function timeLeft(badge: ClockBadge, windows: OpenWindow[] | null, now: number): TimeLeft {
  const late = badge.breached_at !== null
  if (badge.due_at === null || badge.state === 'paused') {
    const working = badge.left_seconds === null ? null : badge.left_seconds * 1000
    return { working, wall: null, tone: late ? 'late' : 'still' }
  }
  const due = Date.parse(badge.due_at)
  const working = badge.calendar === null ? due - now : windows === null ? null : workingBetween(windows, now, due)
  const left = working ?? due - now
  const soon = left < badge.target_seconds * 1000 * SOON_SHARE
  return { working, wall: due - now, tone: late || due < now ? 'late' : soon ? 'soon' : 'calm' }
}
