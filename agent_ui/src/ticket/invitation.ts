/** A calendar file (RFC 5545) as far as a card shows it: the first event's what, when, where and who. Pure. */

export type InvitationMethod = 'request' | 'cancel' | 'reply' | 'other'

/** `utc` moments are instants; others are what clocks show at the place that `zone` names ("" when it names none). */
export interface CalendarMoment {
  /** "2026-11-30" or "2026-11-30T14:00:00", with "Z" when it is UTC. */
  iso: string
  allDay: boolean
  utc: boolean
  zone: string
}

export interface Invitation {
  method: InvitationMethod
  summary: string
  location: string
  organizer: string
  start: CalendarMoment
  end: CalendarMoment | null
}

const LONGEST = 200_000
const METHODS: Record<string, InvitationMethod> = { REQUEST: 'request', CANCEL: 'cancel', REPLY: 'reply' }
const LINE = /^([A-Za-z-]+)((?:;[A-Za-z-]+=(?:"[^"]*"|[^;:"]*))*):(.*)$/
const INSTANT = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/

/** Null for a file that holds no event with a beginning. */
export function readInvitation(file: string): Invitation | null {
  const lines = file.slice(0, LONGEST).replace(/\r?\n[ \t]/g, '').split(/\r?\n/)
  const values = new Map<string, { value: string; parameters: string }>()
  const open: string[] = []
  for (const line of lines) {
    const [, name = '', parameters = '', value = ''] = LINE.exec(line) ?? []
    const key = name.toUpperCase()
    if (key === 'BEGIN') open.push(value.trim().toUpperCase())
    else if (key === 'END' && open.pop() === 'VEVENT') break
    else if (key === 'METHOD' || open.at(-1) === 'VEVENT') if (!values.has(key)) values.set(key, { value: value.trim(), parameters })
  }
  const start = moment(values.get('DTSTART'))
  if (start === null) return null
  const text = (name: string): string => unescape(values.get(name)?.value ?? '')
  return {
    method: METHODS[values.get('METHOD')?.value.toUpperCase() ?? ''] ?? 'other',
    summary: text('SUMMARY'), location: text('LOCATION'), organizer: organizer(values.get('ORGANIZER')), start, end: moment(values.get('DTEND')),
  }
}

function moment(found: { value: string; parameters: string } | undefined): CalendarMoment | null {
  const parts = INSTANT.exec(found?.value ?? '')
  if (found === undefined || parts === null) return null
  const [, year, month, day, hour, minute, second, z] = parts
  const date = `${year}-${month}-${day}`
  const utc = z === 'Z'
  return { iso: hour === undefined ? date : `${date}T${hour}:${minute}:${second}${z}`, allDay: hour === undefined, utc, zone: parameter(found.parameters, 'TZID') }
}

function organizer(found: { value: string; parameters: string } | undefined): string {
  if (found === undefined) return ''
  return parameter(found.parameters, 'CN') || found.value.replace(/^mailto:/i, '')
}

const parameter = (parameters: string, name: string): string =>
  new RegExp(`;${name}=(?:"([^"]*)"|([^;:"]*))`, 'i').exec(parameters)?.slice(1).find((one) => one !== undefined) ?? ''

const unescape = (text: string): string => text.replace(/\\(.)/g, (_, letter: string) => (/n/i.test(letter) ? ' ' : letter))
