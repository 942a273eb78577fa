/** A week of working hours as an editor draws it: minutes of the day, joined and split at midnight. */
import type { Hours } from './api'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof WEEKDAYS)[number]
/** From one minute of the day to a later one; 1440 ends the day. */
export type Period = [opens: number, closes: number]
export type Week = Record<Day, Period[]>

export const DAY_MINUTES = 1440

export function weekOf(document: Hours): Week {
  return mapDays((day) => (document.week[day] ?? []).map(([opens, closes]) => [minutes(opens), minutes(closes)]))
}

export function weekDocument(week: Week): Hours['week'] {
  const open = WEEKDAYS.filter((day) => week[day].length > 0)
  return Object.fromEntries(open.map((day) => [day, week[day].map(([opens, closes]) => [clock(opens), clock(closes)])])) as Hours['week']
}

/** The week with the period drawn on the day; what it touches is joined with it. `closes` at or before `opens`: over midnight. */
export function draw(week: Week, day: Day, opens: number, closes: number): Week {
  if (opens < closes) return { ...week, [day]: join([...week[day], [opens, closes]]) }
  const next = WEEKDAYS[(WEEKDAYS.indexOf(day) + 1) % WEEKDAYS.length] ?? 'mon'
  const evening = { ...week, [day]: join([...week[day], [opens, DAY_MINUTES]]) }
  return closes === 0 ? evening : { ...evening, [next]: join([...evening[next], [0, closes]]) }
}

export function erase(week: Week, day: Day, opens: number): Week {
  return { ...week, [day]: week[day].filter((period) => period[0] !== opens) }
}

/** The week with the day as typed, "09:00-12:30, 13:30-18:00"; null if it cannot be read. A night shift is split. */
export function typed(week: Week, day: Day, text: string): Week | null {
  let result: Week = { ...week, [day]: [] }
  for (const part of text.split(/[,;，；]/).map((one) => one.trim()).filter((one) => one !== '')) {
    const found = /^(\d{1,2}):?(\d{2})?\s*[-–—~]\s*(\d{1,2}):?(\d{2})?$/.exec(part)
    if (found === null) return null
    const opens = Number(found[1]) * 60 + Number(found[2] ?? 0)
    const closes = Number(found[3]) * 60 + Number(found[4] ?? 0)
    if (opens >= DAY_MINUTES || closes > DAY_MINUTES) return null
    result = draw(result, day, opens, closes)
  }
  return result
}

export const dayText = (periods: Period[]): string => periods.map(([opens, closes]) => `${clock(opens)}-${clock(closes)}`).join(', ')

export const weeklyMinutes = (week: Week): number =>
  WEEKDAYS.reduce((sum, day) => sum + week[day].reduce((length, [opens, closes]) => length + closes - opens, 0), 0)

export const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

function minutes(text: string): number {
  const [hours, rest] = text.split(':')
  return Number(hours) * 60 + Number(rest ?? 0)
}

function join(periods: Period[]): Period[] {
  const joined: Period[] = []
  for (const [opens, closes] of [...periods].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last !== undefined && opens <= last[1]) last[1] = Math.max(last[1], closes)
    else joined.push([opens, closes])
  }
  return joined
}

const mapDays = (make: (day: Day) => Period[]): Week => Object.fromEntries(WEEKDAYS.map((day) => [day, make(day)])) as Week
