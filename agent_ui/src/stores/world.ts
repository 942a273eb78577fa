/** The world in Pinia: held here, changed only by frames, by absorbed answers and by marked guesses. */
import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import type { Answer } from '@/api/client'
import type { ChangedTicket, Contact, Message, Ticket, User } from '@/api/types'
import { apply, moveOn } from '@/realtime/apply'
import type { Frame } from '@/realtime/frames'
import { emptyWorld, put, putAll, putMessage, putTicket, removeTicket, type Guess, type Row, type Table, type Timeline } from '@/realtime/world'

export const useWorld = defineStore('world', () => {
  const world = reactive(emptyWorld())
  /** Rises whenever everything held was dropped: whoever shows a list loads it anew. 0: nothing may be loaded yet. */
  const epoch = ref(0)

  /** Position to pass with a read: what arrives later than this is newer than the read's answer. */
  const asOf = computed(() => world.position ?? 0)

  function drop(position: number | null): void {
    Object.assign(world, emptyWorld(), { position })
    epoch.value += 1
  }

  /** Back to the state before anybody signed in. */
  function forget(): void {
    Object.assign(world, emptyWorld())
    epoch.value = 0
  }

  function absorb<T extends Table>(table: T, answer: Answer<Row<T>>): void {
    put(world, table, answer.data, answer.position ?? asOf.value)
  }

  function absorbAll<T extends Table>(table: T, rows: Row<T>[], readAsOf: number): void {
    putAll(world, table, rows, readAsOf)
  }

  function openTimeline(ticketId: string): Timeline {
    world.timelines[ticketId] ??= { messages: [], earlier: false, state: 'loading', details: null }
    return world.timelines[ticketId]
  }

  function absorbTicket(ticket: Ticket, readAsOf: number): void {
    const { messages, position, ...values } = ticket
    const timeline = openTimeline(ticket.id)
    putTicket(world, values, Math.max(position, readAsOf))
    for (const message of messages.items) putMessage(world, message, Math.max(position, readAsOf))
    timeline.earlier = messages.earlier !== null
    timeline.state = 'ready'
  }

  /** The answer to a change: a ticket without its messages. */
  function absorbChanged(answer: Answer<ChangedTicket>): void {
    const { position, ...values } = answer.data
    putTicket(world, values, answer.position ?? position)
  }

  /** The answer to a write that took the ticket out of one's sight. */
  function loseTicket(ticketId: string, position: number | null): void {
    removeTicket(world, ticketId, position ?? asOf.value)
  }

  function absorbEarlier(ticketId: string, messages: Message[], options: { more: boolean; readAsOf: number }): void {
    const timeline = openTimeline(ticketId)
    for (const message of messages) putMessage(world, message, options.readAsOf)
    timeline.earlier = options.more
  }

  function absorbMessage(answer: Answer<Message>): void {
    putMessage(world, answer.data, answer.position ?? asOf.value)
  }

  function absorbContact(contact: Contact, readAsOf: number): void {
    const { tickets, ...rest } = contact
    world.contacts[contact.id] = rest
    putAll(world, 'tickets', tickets, readAsOf)
  }

  function guess(next: Guess): void {
    world.guesses = [...world.guesses.filter((other) => other.key !== next.key), next]
  }

  function forgetGuess(key: string): void {
    world.guesses = world.guesses.filter((other) => other.key !== key)
  }

  /** The desk accepted the guess: it stays marked until the frame of that position came. */
  function settleGuess(key: string, position: number | null): void {
    if (position === null) return forgetGuess(key)
    world.guesses = world.guesses.map((other) => (other.key === key ? { ...other, position } : other))
    moveOn(world, asOf.value)
  }

  function hear(frame: Frame): void {
    apply(world, frame)
  }

  function nameOf(userId: string | null): string | null {
    return userId === null ? null : (world.users[userId]?.name ?? null)
  }

  const activeUsers = computed<User[]>(() =>
    Object.values(world.users).filter((user) => user.active).sort((a, b) => a.name.localeCompare(b.name)),
  )

  return {
    world, epoch, asOf, drop, forget, absorb, absorbAll, absorbTicket, absorbChanged, loseTicket, absorbEarlier, absorbMessage,
    absorbContact, openTimeline, guess, forgetGuess, settleGuess, hear, nameOf, activeUsers,
  }
})
