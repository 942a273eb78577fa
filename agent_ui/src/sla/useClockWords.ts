/** A clock in words: what is left, in working time and by the clock on the wall. */
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useLocaleFormat } from '@/parts/useLocaleFormat'
import type { ClockBadge } from './api'
import { timeLeft, type TimeLeft } from './timeLeft'
import { useWindows } from './useWindows'

export interface ClockWords extends TimeLeft {
  /** The figure on a badge: working time if it is known. */
  short: string
  /** The whole sentence, for a tooltip and for those who listen. */
  long: string
  icon: string
}

const ICONS: Record<TimeLeft['tone'], string> = {
  late: 'i-lucide-flame',
  soon: 'i-lucide-alarm-clock',
  calm: 'i-lucide-clock',
  still: 'i-lucide-circle-pause',
}

export function useClockWords(badge: () => ClockBadge | undefined): ComputedRef<ClockWords | null> {
  const { t } = useI18n()
  const { now, span, when } = useLocaleFormat()
  const windows = useWindows(badge)

  const signed = (ms: number): string => (ms < 0 ? `−${span(-ms)}` : span(ms))

  return computed(() => {
    const shown = badge()
    if (shown === undefined) return null
    const left = timeLeft(shown, windows.value, now.value)
    const metric = t(`sla.metric_${shown.metric}`)
    const figure = left.working ?? left.wall
    const short = figure === null ? t('sla.stands_still') : signed(figure)
    return { ...left, short, icon: ICONS[left.tone], long: sentence(shown, left, metric) }
  })

  function sentence(shown: ClockBadge, left: TimeLeft, metric: string): string {
    if (left.wall === null || shown.due_at === null) {
      return t('sla.paused_with', { metric, left: left.working === null ? '–' : signed(left.working) })
    }
    const due = when(shown.due_at)
    const wall = span(Math.abs(left.wall))
    const working = left.working === null ? wall : span(Math.abs(left.working))
    if (left.tone === 'late') return t('sla.late_by', { metric, working, wall, due })
    return shown.calendar === null ? t('sla.due_in', { metric, wall, due }) : t('sla.due_in_both', { metric, working, wall, due })
  }
}
