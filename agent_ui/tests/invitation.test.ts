import { expect, test } from 'vitest'
import { readInvitation } from '@/ticket/invitation'

const event = (...lines: string[]): string => ['BEGIN:VCALENDAR', 'METHOD:REQUEST', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n')

test('an invitation tells what, when, where and by whom', () => {
  const file = event('DTSTART:20261130T140000Z', 'DTEND:20261130T150000Z', 'SUMMARY:Fitting\\, second', ' part', 'LOCATION:Room 4', 'ORGANIZER;CN="Lin, Wei":mailto:lin@x.example')
  expect(readInvitation(file)).toEqual({
    method: 'request', summary: 'Fitting, secondpart', location: 'Room 4', organizer: 'Lin, Wei',
    start: { iso: '2026-11-30T14:00:00Z', allDay: false, utc: true, zone: '' }, end: { iso: '2026-11-30T15:00:00Z', allDay: false, utc: true, zone: '' },
  })
})

test.each([
  ['DTSTART;TZID=Europe/Oslo:20261130T140000', { iso: '2026-11-30T14:00:00', allDay: false, utc: false, zone: 'Europe/Oslo' }],
  ['DTSTART;TZID="W. Europe Standard Time":20261130T140000', { iso: '2026-11-30T14:00:00', allDay: false, utc: false, zone: 'W. Europe Standard Time' }],
  ['DTSTART;VALUE=DATE:20261130', { iso: '2026-11-30', allDay: true, utc: false, zone: '' }],
])('%s is read as it is meant', (line, start) => {
  expect(readInvitation(event(line))?.start).toEqual(start)
})

test.each([
  ['nothing', ''], ['no calendar', 'Hello'], ['no beginning', event('SUMMARY:x')], ['a beginning that is none', event('DTSTART:soon')],
  ['only an alarm', event('BEGIN:VALARM', 'DTSTART:20261130T140000Z', 'END:VALARM')],
])('a file of %s is no invitation', (_name, file) => {
  expect(readInvitation(file)).toBeNull()
})

test('a cancelled appointment says so', () => {
  expect(readInvitation(event('DTSTART:20261130T140000Z').replace('REQUEST', 'CANCEL'))?.method).toBe('cancel')
})
