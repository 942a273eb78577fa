/** Dates, numbers and durations in words of the given locale. Durations are milliseconds. */
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const cache = new Map<string, Intl.DateTimeFormat>()

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  let found = cache.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale, options)
    cache.set(key, found)
  }
  return found
}

/** m:ss under ten minutes, then minutes, then hours and minutes, then days. Never negative. */
export function formatSpan(ms: number, locale: string): string {
  const span = Math.max(0, ms)
  if (span < 10 * MINUTE) return formatCountdown(span)
  if (span < HOUR) return unit(Math.floor(span / MINUTE), 'minute', locale)
  if (span < DAY) {
    const minutes = Math.floor((span % HOUR) / MINUTE)
    const hours = unit(Math.floor(span / HOUR), 'hour', locale)
    return minutes === 0 || span >= 10 * HOUR ? hours : `${hours} ${unit(minutes, 'minute', locale)}`
  }
  return unit(Math.floor(span / DAY), 'day', locale)
}

/** Whole or broken hours, however many: "40 hr", "37.5 hr". */
export function formatHours(ms: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'hour', unitDisplay: 'short', maximumFractionDigits: 2 }).format(ms / HOUR)
}

/** h:mm:ss or m:ss, for figures that tick each second. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const tail = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

function unit(value: number, name: 'minute' | 'hour' | 'day', locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value)
}

export function formatTime(iso: string, locale: string, timeZone: string): string {
  return formatter(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(Date.parse(iso))
}

export function formatDay(iso: string, locale: string, timeZone: string): string {
  return formatter(locale, { weekday: 'short', day: 'numeric', month: 'short', timeZone }).format(Date.parse(iso))
}

/** Day and time of day, as one phrase of the language. */
export function formatDayTime(iso: string, locale: string, timeZone: string): string {
  return formatter(locale, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone,
  }).format(Date.parse(iso))
}

export function formatMoment(iso: string, locale: string, timeZone: string): string {
  return formatter(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23', timeZone }).format(Date.parse(iso))
}

/** "2026-11-22" in the zone, to tell whether two moments fall on one day. */
export function dayKey(moment: string | number, timeZone: string): string {
  return formatter('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone }).format(new Date(moment))
}

/** Local time of day of somebody elsewhere, or null when the zone is unknown to this browser. */
export function localTime(nowMs: number, locale: string, timeZone: string): string | null {
  try {
    return formatter(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(nowMs)
  } catch {
    return null
  }
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

export function formatSize(bytes: number, locale: string): string {
  let value = bytes
  let step = 0
  while (value >= 1000 && step < UNITS.length - 1) {
    value /= 1000
    step += 1
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit', unit: UNITS[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}
