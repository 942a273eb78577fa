/** Lengths of time as people type them: "1h 30m", "2d", "45" (minutes). Seconds inside. */
const UNITS: Record<string, number> = {
  s: 1, sec: 1, 秒: 1, m: 60, min: 60, 分: 60, 分钟: 60, h: 3600, 小时: 3600, 时: 3600, d: 86400, 天: 86400,
}

/** Null if it cannot be read; 0 for an empty text. */
export function readDuration(text: string): number | null {
  const given = text.trim().toLowerCase()
  if (given === '') return 0
  if (/^\d+$/.test(given)) return Number(given) * 60
  const parts = [...given.matchAll(/(\d+(?:[.,]\d+)?)\s*([a-z秒分钟小时天]+)/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('').replaceAll(/\s/g, '') !== given.replaceAll(/\s/g, '')) return null
  let total = 0
  for (const [, figure, unit] of parts) {
    const size = UNITS[unit ?? '']
    if (size === undefined) return null
    total += Number((figure ?? '').replace(',', '.')) * size
  }
  return Math.round(total)
}

export function durationText(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [unit, size] of [['d', 86400], ['h', 3600], ['m', 60], ['s', 1]] as const) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.join(' ')
}
