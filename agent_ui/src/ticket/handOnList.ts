/** To whom, and to where, a ticket's work can be handed on: who takes work first, then by name. Pure. */
import type { Channel, Presence, Queue, User } from '@/api/types'

export interface Taker {
  user: User
  /** Null: not known here, since they share no team with the reader. */
  presence: Presence | null
  used: number
  total: number
}

/** Who could take it but for its holder and the reader, who takes it by themselves; observers hold nothing. */
export function takersOf(
  users: readonly User[], presence: Readonly<Record<string, Presence>>, wanted: { channel: Channel; except: readonly (string | null)[]; words: string },
): Taker[] {
  const named = users.filter((user) => user.active && user.role !== 'observer' && !wanted.except.includes(user.id) && holds(user.name, wanted.words))
  return named
    .map((user): Taker => {
      const own = presence[user.id] ?? null
      return { user, presence: own, used: own?.used[wanted.channel] ?? 0, total: own?.capacity[wanted.channel] ?? 0 }
    })
    .sort((a, b) => rank(a) - rank(b) || a.user.name.localeCompare(b.user.name))
}

export function queuesOf(queues: readonly Queue[], wanted: { queueId: string; words: string }): Queue[] {
  return queues
    .filter((queue) => queue.active && queue.id !== wanted.queueId && holds(queue.name, wanted.words))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** Who would not answer cannot be asked; of whom nothing is known, the desk decides. */
export const mayBeAsked = (taker: Taker): boolean => taker.presence === null || taker.presence.state === 'available'

function rank(taker: Taker): number {
  if (taker.presence?.state !== 'available') return 2
  return taker.used < taker.total ? 0 : 1
}

const holds = (name: string, words: string): boolean => name.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase())
