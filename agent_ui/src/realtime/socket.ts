/**
 * The console's one WebSocket, kept alive.
 *
 *   idle ──start──▶ connecting ──hello──▶ live ──close/silence──▶ waiting ──timer/online──▶ connecting
 *                        └───────close────────────────────────────────▶ waiting
 *   any ──4401──▶ ended (signed out)      any ──stop──▶ idle
 *
 * On every connection it names the position it saw last, so that the desk sends what was missed.
 */
import { parseWord, type ClientWord, type Frame, type Hello, type Mind, type Resync } from './frames'

export type SocketState = 'idle' | 'connecting' | 'live' | 'waiting' | 'ended'

export interface SocketEvents {
  hello(word: Hello): void
  frame(word: Frame): void
  resync(word: Resync): void
  mind(word: Mind): void
  state(state: SocketState, retryInMs: number | null): void
  signedOut(): void
}

/** The outside of the socket, handed in so that tests can stand in for it. */
export interface SocketWorld {
  open(url: string): WebSocket
  url(position: number | null): string
  position(): number | null
  setTimer(run: () => void, afterMs: number): number
  clearTimer(timer: number): void
  random(): number
}

export interface DeskSocket {
  start(): void
  stop(): void
  /** Tries at once instead of waiting for the next turn, when one is waiting. */
  hurry(): void
  say(word: ClientWord): void
}

const SESSION_ENDED = 4401
/** The desk pings more often than this; silence beyond it is a dead connection. */
const SILENCE_MS = 45_000
/** Only after so long is a connection a good one: one that breaks while it catches up is not. */
const STABLE_MS = 10_000

/** Full jitter between half and all of 0.5 s · 2^attempt, at most 15 s. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10))
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}

export function createSocket(world: SocketWorld, events: SocketEvents): DeskSocket {
  let socket: WebSocket | null = null
  let state: SocketState = 'idle'
  let attempt = 0
  let retry: number | null = null
  let silence: number | null = null
  let stable: number | null = null

  function turn(next: SocketState, retryInMs: number | null = null): void {
    state = next
    events.state(next, retryInMs)
  }

  function connect(): void {
    clear()
    turn('connecting')
    const current = world.open(world.url(world.position()))
    socket = current
    watchSilence()
    current.onmessage = (event) => {
      if (socket === current) hear(String(event.data))
    }
    current.onclose = (event) => {
      if (socket === current) lost(event.code)
    }
  }

  function hear(text: string): void {
    watchSilence()
    const word = parseWord(text)
    if (word === null) return
    switch (word.type) {
      case 'hello':
        watchStability()
        turn('live')
        return events.hello(word)
      case 'frame':
        return events.frame(word)
      case 'resync':
        return events.resync(word)
      case 'ephemeral':
        return events.mind(word)
      case 'ping':
        return say({ type: 'pong' })
    }
  }

  function lost(code: number): void {
    clear()
    socket = null
    if (code === SESSION_ENDED) {
      turn('ended')
      return events.signedOut()
    }
    const wait = backoffMs(attempt, world.random())
    attempt += 1
    retry = world.setTimer(connect, wait)
    turn('waiting', wait)
  }

  function watchSilence(): void {
    if (silence !== null) world.clearTimer(silence)
    silence = world.setTimer(() => {
      const dead = socket
      lost(1006)
      dead?.close()
    }, SILENCE_MS)
  }

  /** The next wait is a short one again once this connection has lasted. */
  function watchStability(): void {
    if (stable !== null) world.clearTimer(stable)
    stable = world.setTimer(() => {
      stable = null
      attempt = 0
    }, STABLE_MS)
  }

  function clear(): void {
    for (const timer of [retry, silence, stable]) {
      if (timer !== null) world.clearTimer(timer)
    }
    retry = null
    silence = null
    stable = null
  }

  function say(word: ClientWord): void {
    if (state === 'live' && socket !== null) socket.send(JSON.stringify(word))
  }

  return {
    say,
    start() {
      if (state === 'idle' || state === 'ended') connect()
    },
    stop() {
      clear()
      const closing = socket
      socket = null
      attempt = 0
      turn('idle')
      closing?.close(1000)
    },
    hurry() {
      if (state === 'waiting') connect()
    },
  }
}
