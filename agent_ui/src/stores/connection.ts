/** Joins the socket with the world: resume, resync, who is viewing, and the bar that tells of it. */
import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import type { Mind } from '@/realtime/frames'
import { createSocket, type SocketState } from '@/realtime/socket'
import { serverNow, setServerTime } from '@/time/clock'
import { useSession } from './session'
import { useWorld } from './world'

/** Colleagues who say nothing for this long are no longer shown. */
export const MIND_LASTS_MS = { typing: 8_000, viewing: 75_000 } as const
/** A console that cannot get a socket shows what HTTP can tell after this long. */
const FIRST_HELLO_MS = 3_000

export const useConnection = defineStore('connection', () => {
  const store = useWorld()
  const session = useSession()
  const state = ref<SocketState>('idle')
  const retryAt = ref<number | null>(null)
  /** True once live in this session: a first connection in progress is not a lost one. */
  const wasLive = ref(false)
  const minds = reactive<Record<string, Record<string, Mind>>>({})
  let firstHello: ReturnType<typeof setTimeout> | null = null
  let onSignedOut: () => void = () => undefined

  const socket = createSocket(
    {
      open: (url) => new WebSocket(url),
      url: (position) => {
        const base = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/socket`
        return position === null ? base : `${base}?position=${position}`
      },
      position: () => store.world.position,
      setTimer: (run, afterMs) => window.setTimeout(run, afterMs),
      clearTimer: (timer) => window.clearTimeout(timer),
      random: Math.random,
    },
    {
      hello(word) {
        setServerTime(word.server_time)
        wasLive.value = true
        if (firstHello !== null) clearTimeout(firstHello)
        if (!word.resumed) store.drop(word.position)
      },
      frame(frame) {
        store.hear(frame)
        if (frame.kind === 'user') session.replaceUser(frame.data)
      },
      resync: (word) => store.drop(word.position),
      mind: noteMind,
      state(next, retryInMs) {
        state.value = next
        retryAt.value = retryInMs === null ? null : Date.now() + retryInMs
      },
      signedOut: () => onSignedOut(),
    },
  )

  function noteMind(mind: Mind): void {
    const here = (minds[mind.ticket_id] ??= {})
    // A desk that runs ahead or behind must not make colleagues linger: count from arrival.
    here[mind.user_id] = { ...mind, at: new Date(serverNow()).toISOString() }
  }

  function start(signedOut: () => void): void {
    onSignedOut = signedOut
    socket.start()
    firstHello = setTimeout(() => {
      if (!wasLive.value) store.drop(null)
    }, FIRST_HELLO_MS)
  }

  function stop(): void {
    if (firstHello !== null) clearTimeout(firstHello)
    socket.stop()
    wasLive.value = false
    store.forget()
  }

  const isLost = computed(() => state.value === 'waiting' || (state.value === 'connecting' && wasLive.value))

  function sayMind(kind: Mind['kind'], ticketId: string): void {
    socket.say({ type: 'presence_of_mind', kind, ticket_id: ticketId })
  }

  return { state, retryAt, isLost, wasLive, minds, start, stop, hurry: socket.hurry, sayMind }
})
