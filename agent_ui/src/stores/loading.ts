/** Loads what every screen needs, anew each time the world was dropped. */
import { defineStore } from 'pinia'
import { reactive, watch } from 'vue'
import { listTickets } from '@/api/desk'
import { listInboxes, listOffers, listPresence, listQueues, listTeams, listUsers } from '@/api/people'
import type { TicketRow } from '@/api/types'
import type { Row, Table } from '@/realtime/world'
import { listNotices } from '@/sla/api'
import { useWorld } from './world'

export type LoadState = 'loading' | 'ready' | 'failed'

/** Tickets of one agent are few; this bounds what a mistake could make them. */
const MOST_PAGES = 5

export const useLoading = defineStore('loading', () => {
  const store = useWorld()
  const states = reactive<Record<Table, LoadState>>({
    tickets: 'loading', offers: 'loading', presence: 'loading', queues: 'loading', users: 'loading',
    teams: 'loading', inboxes: 'loading', notices: 'loading',
  })

  async function load<T extends Table>(table: T, list: () => Promise<Row<T>[]>): Promise<void> {
    const { epoch, asOf } = store
    states[table] = 'loading'
    try {
      const rows = await list()
      if (epoch !== store.epoch) return
      store.absorbAll(table, rows, asOf)
      states[table] = 'ready'
    } catch {
      if (epoch === store.epoch) states[table] = 'failed'
    }
  }

  async function listMine(): Promise<TicketRow[]> {
    const first = await listTickets({ view: 'mine', limit: 100 })
    const rows = [...first.items]
    let cursor = first.next
    for (let page = 1; cursor !== null && page < MOST_PAGES; page += 1) {
      const next = await listTickets({ view: 'mine', limit: 100, cursor })
      rows.push(...next.items)
      cursor = next.next
    }
    const solved = await listTickets({ view: 'mine', status: 'solved', sort: 'updated', limit: 50 })
    return [...rows, ...solved.items]
  }

  async function loadAll(): Promise<void> {
    await Promise.all([
      load('tickets', listMine),
      load('offers', listOffers),
      load('presence', listPresence),
      load('queues', listQueues),
      load('users', listUsers),
      load('teams', listTeams),
      load('inboxes', listInboxes),
      load('notices', listNotices),
    ])
  }

  watch(() => store.epoch, (epoch) => { if (epoch > 0) void loadAll() })

  return { states, loadAll }
})
