/**
 * One frame changes the world. Deterministic: reads no clock, sends nothing, and touches nothing
 * but the world it is given. Applying a frame twice is the same as applying it once.
 */
import type { Frame } from './frames'
import { put, putMessage, putTicket, removeMessage, removeTicket, type World } from './world'

export function apply(world: World, frame: Frame): void {
  change(world, frame)
  moveOn(world, frame.position)
}

function change(world: World, frame: Frame): void {
  switch (frame.kind) {
    case 'ticket':
      return putTicket(world, frame.data, frame.position)
    case 'ticket.removed':
      return removeTicket(world, frame.data.ticket_id, frame.position)
    case 'message':
      return putMessage(world, frame.data, frame.position)
    case 'message.removed':
      return removeMessage(world, frame.data, frame.position)
    case 'offer':
      return void put(world, 'offers', frame.data, frame.position)
    case 'presence':
      return void put(world, 'presence', frame.data, frame.position)
    case 'queue':
      return void put(world, 'queues', frame.data, frame.position)
    case 'user':
      return changeUser(world, frame)
    case 'team':
      return void put(world, 'teams', frame.data, frame.position)
    case 'inbox':
      return void put(world, 'inboxes', frame.data, frame.position)
    case 'escalation':
      return void put(world, 'notices', frame.data, frame.position)
    case 'contact':
      return renameContact(world, frame)
    case 'position':
      return
    default:
      return assertNever(frame)
  }
}

/** The position rises; guesses that it has reached are confirmed or corrected by now, so they go. */
export function moveOn(world: World, position: number): void {
  world.position = Math.max(world.position ?? 0, position)
  const reached = world.position
  if (world.guesses.some((guess) => guess.position !== null && guess.position <= reached)) {
    world.guesses = world.guesses.filter((guess) => guess.position === null || guess.position > reached)
  }
}

/** A contact's name stands in the rows of tickets and offers too, and wherever they wrote or take part. */
function renameContact(world: World, frame: Extract<Frame, { kind: 'contact' }>): void {
  const { id, name, address, undeliverable } = frame.data
  const known = world.contacts[id]
  if (known !== undefined) world.contacts[id] = { ...known, ...frame.data }
  for (const row of [...Object.values(world.tickets), ...Object.values(world.offers)]) {
    if (row.contact?.id === id) row.contact = { id, name, address }
  }
  renameInTimelines(world, { id, name, address })
  if (undeliverable !== undefined) markParticipants(world, id, undeliverable)
}

/** Mail to the contact comes back, or does no more: the composer warns by it. */
function markParticipants(world: World, contactId: string, undeliverable: boolean): void {
  for (const { details } of Object.values(world.timelines)) {
    for (const participant of details?.participants ?? []) {
      if (participant.contact_id === contactId) participant.undeliverable = undeliverable
    }
  }
}

function changeUser(world: World, frame: Extract<Frame, { kind: 'user' }>): void {
  const { id, name, email } = frame.data
  if (put(world, 'users', frame.data, frame.position)) renameInTimelines(world, { id, name, address: email })
}

/** Messages and participants name contacts and users by id: they are renamed by id. */
function renameInTimelines(world: World, person: { id: string; name: string; address: string }): void {
  const { id, name, address } = person
  for (const timeline of Object.values(world.timelines)) {
    for (const message of timeline.messages) {
      if (message.author.id === id) message.author = { ...message.author, name }
    }
    for (const participant of timeline.details?.participants ?? []) {
      if (participant.contact_id === id || participant.user_id === id) Object.assign(participant, { name, address })
    }
  }
}

function assertNever(frame: never): never {
  throw new Error(`A frame of unknown kind reached apply: ${JSON.stringify(frame)}`)
}
