/** What is typed on the page of a queue: plain copies of what the desk keeps. */
import type { QueueServer, QueueSettings, QueueSetup, QueueStep } from './api'

export interface QueueForm {
  settings: QueueSettings
  servers: QueueServer[]
}

export function formOf(setup: QueueSetup): QueueForm {
  return JSON.parse(JSON.stringify({ settings: setup.settings, servers: setup.servers })) as QueueForm
}

export function newStep(after: QueueStep[]): QueueStep {
  const last = after.at(-1)?.after_seconds ?? 0
  return { after_seconds: last + 60, lower_skills: {}, raise_priority: 0, also_queues: [], also_teams: [], overflow_to: null, turn_away: false, tell: null, offer_callback: false }
}

/** Where a step stands on the line, in percent: by the root of its seconds, so that early ones do not stick together. */
export function placeOnLine(seconds: number, longest: number): number {
  return longest <= 0 ? 0 : Math.round(Math.sqrt(seconds / longest) * 1000) / 10
}

export type StepDeed = 'raise' | 'lower' | 'widen' | 'tell' | 'callback' | 'goes_on' | 'turned_away'

/** What a step does, in the order in which it is told. */
export function deedsOf(step: QueueStep): StepDeed[] {
  const deeds: [StepDeed, boolean][] = [
    ['raise', step.raise_priority > 0], ['lower', Object.keys(step.lower_skills).length > 0], ['widen', step.also_queues.length + step.also_teams.length > 0],
    ['tell', step.tell !== null], ['callback', step.offer_callback], ['goes_on', step.overflow_to !== null], ['turned_away', step.turn_away],
  ]
  return deeds.filter(([, holds]) => holds).map(([deed]) => deed)
}
