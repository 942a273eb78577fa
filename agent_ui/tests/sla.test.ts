import { describe, expect, test } from 'vitest'
import type { ClockBadge } from '@/sla/api'
import { durationText, readDuration } from '@/sla/durations'
import { dayText, draw, erase, typed, weekDocument, weekOf, type Week } from '@/sla/hours'
import { blankTerms, targetOf, withCounting, withTarget } from '@/sla/policyForm'
import { timeLeft, workingBetween } from '@/sla/timeLeft'

const CLOSED: Week = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] }
const at = (time: string): number => Date.parse(`2027-03-${time}Z`)

describe('a week of hours', () => {
  test('what is drawn joins what it touches', () => {
    const week = draw(draw(CLOSED, 'mon', 540, 720), 'mon', 700, 800)
    expect(week.mon).toEqual([[540, 800]])
  })
  test('a night shift is split at midnight, over the end of the week too', () => {
    const week = draw(CLOSED, 'sun', 1320, 360)
    expect([week.sun, week.mon]).toEqual([[[1320, 1440]], [[0, 360]]])
  })
  test('what is typed is what is shown', () => {
    const week = typed(CLOSED, 'tue', '13:30-18:00; 9-12:30')
    expect(week === null ? '' : dayText(week.tue)).toBe('09:00-12:30, 13:30-18:00')
    expect(typed(CLOSED, 'tue', 'nine to five')).toBeNull()
    expect(typed(CLOSED, 'tue', '09:00-25:00')).toBeNull()
  })
  test('a document comes back as it went', () => {
    const week = draw(CLOSED, 'fri', 0, 1440)
    expect(weekOf({ time_zone: 'Etc/UTC', week: weekDocument(week), holidays: [], special_days: {} })).toEqual(week)
    expect(erase(week, 'fri', 0)).toEqual(CLOSED)
  })
})

describe('what is left', () => {
  const windows = [
    { opens: '2027-03-02T09:00:00Z', closes: '2027-03-02T17:00:00Z' },
    { opens: '2027-03-03T09:00:00Z', closes: '2027-03-03T17:00:00Z' },
  ]
  const badge: ClockBadge = {
    metric: 'first_reply', audience: 'customer', instance: 1, state: 'running', policy_id: 'p', target_seconds: 7200,
    calendar: 'c:1', due_at: '2027-03-03T10:00:00Z', breached_at: null, left_seconds: null,
  }
  test('the night does not count', () => {
    expect(timeLeft(badge, windows, at('02T16:30:00'))).toEqual({ working: 5_400_000, wall: 63_000_000, tone: 'calm' })
    expect(timeLeft(badge, windows, at('03T09:40:00')).tone).toBe('soon')
  })
  test('late is told in both kinds of time', () => {
    const late = timeLeft({ ...badge, breached_at: badge.due_at }, windows, at('03T18:00:00'))
    expect(late).toEqual({ working: -25_200_000, wall: -28_800_000, tone: 'late' })
  })
  test('one that stands still keeps what it had', () => {
    const still = timeLeft({ ...badge, state: 'paused', due_at: null, left_seconds: 90 }, null, 0)
    expect(still).toEqual({ working: 90_000, wall: null, tone: 'still' })
  })
  test('backwards is the negative of forwards', () => {
    expect(workingBetween(windows, at('03T10:00:00'), at('02T16:00:00'))).toBe(-7_200_000)
  })
})

describe('durations', () => {
  test.each([['1h 30m', 5400], ['90m', 5400], ['45', 2700], ['2d', 172800], ['1.5h', 5400], ['2小时', 7200], ['', 0]])('%s', (text, seconds) => {
    expect(readDuration(text)).toBe(seconds)
  })
  test.each(['soon', '1x', '1h later'])('%s is none', (text) => {
    expect(readDuration(text)).toBeNull()
  })
  test.each([5400, 90061, 15])('%d comes back', (seconds) => {
    expect(readDuration(durationText(seconds))).toBe(seconds)
  })
})

test('a target keeps how its metric counts, and goes when it is emptied', () => {
  const first = withCounting(withTarget(blankTerms(), 'first_reply', 2, 3600), 'first_reply', 'calendar_time')
  const second = withTarget(first, 'first_reply', 4, 600)
  expect(targetOf(second, 'first_reply', 4)?.counting).toBe('calendar_time')
  expect(withTarget(second, 'first_reply', 2, 0).targets).toHaveLength(1)
})
