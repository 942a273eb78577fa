import { beforeEach, describe, expect, test } from 'vitest'
import { backoffMs, createSocket, type DeskSocket, type SocketState } from '@/realtime/socket'

/** Stands in for the browser's WebSocket and clock: nothing happens unless the test says so. */
class Outside {
  opened: { url: string; sent: string[]; socket: WebSocket }[] = []
  timers = new Map<number, { run: () => void; afterMs: number }>()
  position: number | null = null
  private next = 1

  open(url: string): WebSocket {
    const sent: string[] = []
    const socket = { send: (text: string) => sent.push(text), close: () => undefined } as unknown as WebSocket
    this.opened.push({ url, sent, socket })
    return socket
  }

  setTimer(run: () => void, afterMs: number): number {
    this.timers.set(this.next, { run, afterMs })
    return this.next++
  }

  clearTimer(timer: number): void {
    this.timers.delete(timer)
  }

  get last() {
    const last = this.opened.at(-1)
    if (last === undefined) throw new Error('no socket was opened')
    return last
  }

  hear(word: object): void {
    this.last.socket.onmessage?.({ data: JSON.stringify(word) } as MessageEvent)
  }

  close(code: number): void {
    this.last.socket.onclose?.({ code } as CloseEvent)
  }

  /** Lets the timer with the given wait run. */
  elapse(afterMs: number): void {
    const due = [...this.timers].find(([, timer]) => timer.afterMs === afterMs)
    if (due === undefined) throw new Error(`no timer of ${afterMs} ms, but ${[...this.timers.values()].map((one) => one.afterMs).join(', ')}`)
    this.timers.delete(due[0])
    due[1].run()
  }
}

let outside: Outside
let heard: string[]
let states: SocketState[]
let socket: DeskSocket

const HELLO = { type: 'hello', position: 40, server_time: '2026-11-22T10:00:00+00:00', user_id: 'u1', resumed: false }

beforeEach(() => {
  outside = new Outside()
  heard = []
  states = []
  socket = createSocket(
    {
      open: (url) => outside.open(url),
      url: (position) => (position === null ? '/api/socket' : `/api/socket?position=${position}`),
      position: () => outside.position,
      setTimer: (run, afterMs) => outside.setTimer(run, afterMs),
      clearTimer: (timer) => outside.clearTimer(timer),
      random: () => 1,
    },
    {
      hello: (word) => { heard.push(`hello ${word.position}`); outside.position = word.position },
      frame: (word) => { heard.push(`frame ${word.position}`); outside.position = word.position },
      resync: (word) => { heard.push(`resync ${word.reason}`); outside.position = word.position },
      mind: (word) => { heard.push(`mind ${word.kind}`) },
      state: (state) => { states.push(state) },
      signedOut: () => { heard.push('signed out') },
    },
  )
})

describe('the socket', () => {
  test('names no position the first time and the last one seen after that', () => {
    socket.start()
    outside.hear(HELLO)
    outside.hear({ type: 'frame', kind: 'position', position: 44, at: '', data: {} })
    outside.close(1006)
    outside.elapse(500)
    expect(outside.opened.map((one) => one.url)).toEqual(['/api/socket', '/api/socket?position=44'])
    expect(states).toEqual(['connecting', 'live', 'waiting', 'connecting'])
  })

  test('goes on from the position that a resync names', () => {
    socket.start()
    outside.hear(HELLO)
    outside.hear({ type: 'resync', position: 900, reason: 'too_far_behind' })
    outside.close(1006)
    outside.elapse(500)
    expect(outside.last.url).toBe('/api/socket?position=900')
    expect(heard).toEqual(['hello 40', 'resync too_far_behind'])
  })

  test('waits longer after each failure and starts over once a connection has lasted', () => {
    socket.start()
    outside.close(1006)
    outside.elapse(500)
    outside.close(1006)
    outside.elapse(1000)
    outside.close(1006)
    outside.elapse(2000)
    outside.hear(HELLO)
    outside.elapse(10_000)
    outside.close(1012)
    outside.elapse(500)
    expect(outside.opened.length).toBe(5)
  })

  test('waits longer each time that a connection breaks while it catches up', () => {
    socket.start()
    for (const wait of [500, 1000, 2000, 4000]) {
      outside.hear(HELLO)
      outside.hear({ type: 'frame', kind: 'position', position: 44, at: '', data: {} })
      outside.close(4408)
      outside.elapse(wait)
    }
    expect(outside.opened.length).toBe(5)
  })

  test('answers a ping', () => {
    socket.start()
    outside.hear(HELLO)
    outside.hear({ type: 'ping', at: '' })
    expect(outside.last.sent).toEqual(['{"type":"pong"}'])
  })

  test('takes silence for a lost connection', () => {
    socket.start()
    outside.hear(HELLO)
    outside.elapse(45_000)
    expect(states.at(-1)).toBe('waiting')
  })

  test('tries at once when told to hurry while it waits, and only then', () => {
    socket.start()
    socket.hurry()
    outside.close(1006)
    socket.hurry()
    expect(outside.opened.length).toBe(2)
  })

  test('does not try again after the session ended', () => {
    socket.start()
    outside.hear(HELLO)
    outside.close(4401)
    expect([heard.at(-1), states.at(-1), outside.timers.size]).toEqual(['signed out', 'ended', 0])
  })

  test('says nothing while it is not live', () => {
    socket.start()
    socket.say({ type: 'presence_of_mind', kind: 'typing', ticket_id: 't1' })
    expect(outside.last.sent).toEqual([])
  })

  test('passes over what an abandoned connection still says', () => {
    socket.start()
    const first = outside.last.socket
    outside.close(1006)
    outside.elapse(500)
    first.onmessage?.({ data: JSON.stringify(HELLO) } as MessageEvent)
    expect(heard).toEqual([])
  })

  test('stops without leaving a timer', () => {
    socket.start()
    outside.hear(HELLO)
    socket.stop()
    expect([states.at(-1), outside.timers.size]).toEqual(['idle', 0])
  })
})

test.each([
  [0, 0, 250], [0, 1, 500], [3, 0, 2000], [3, 1, 4000], [9, 1, 15_000], [500, 0, 7500],
])('the wait after %i failures with dice %f is %i ms', (attempt, random, expected) => {
  expect(backoffMs(attempt, random)).toBe(expected)
})
