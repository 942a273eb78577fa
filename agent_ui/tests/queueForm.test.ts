import { expect, test } from 'vitest'
import { deedsOf, newStep, placeOnLine } from '@/routing/queueForm'

test('a new step comes a minute after the last one and does nothing yet', () => {
  const step = newStep([{ ...newStep([]), after_seconds: 90 }])
  expect([step.after_seconds, deedsOf(step)]).toEqual([150, []])
})

test('what a step does is named in the order in which it is told', () => {
  const step = { ...newStep([]), turn_away: true, tell: 'still_waiting' as const, raise_priority: 2, also_teams: ['g1'], lower_skills: { german: 1 }, offer_callback: true }
  expect(deedsOf(step)).toEqual(['raise', 'lower', 'widen', 'tell', 'callback', 'turned_away'])
  expect(deedsOf({ ...newStep([]), overflow_to: 'q2' })).toEqual(['goes_on'])
})

test('places on the line grow with the time, from 0 to 100', () => {
  expect([placeOnLine(0, 100), placeOnLine(25, 100), placeOnLine(100, 100), placeOnLine(5, 0)]).toEqual([0, 50, 100, 0])
})
