/** A shape for each status, since colour alone never tells. */
import type { Attention, Priority, TicketStatus } from '@/api/types'

export const STATUS_ICONS: Record<TicketStatus, string> = {
  new: 'i-lucide-circle-dot',
  open: 'i-lucide-circle',
  pending: 'i-lucide-circle-pause',
  on_hold: 'i-lucide-hand',
  solved: 'i-lucide-circle-check',
  closed: 'i-lucide-lock',
}

export const PRIORITY_ICONS: Record<Priority, string> = {
  1: 'i-lucide-signal-low',
  2: 'i-lucide-signal-medium',
  3: 'i-lucide-signal-high',
  4: 'i-lucide-siren',
}

export const ATTENTION_ICONS: Record<Attention, string> = {
  undelivered: 'i-lucide-undo-2',
  unknown_sender: 'i-lucide-shield-alert',
}

export const PRIORITIES: readonly Priority[] = [4, 3, 2, 1]
