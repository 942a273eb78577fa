/** Formatting in the chosen language and the signed-in person's time zone. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useSession } from '@/stores/session'
import { useNow } from '@/time/clock'
import { dayKey, formatDay, formatDayTime, formatHours, formatMoment, formatSize, formatSpan, formatTime } from '@/time/format'

export function useLocaleFormat() {
  const { locale, t } = useI18n()
  const session = useSession()
  const now = useNow()
  const zone = computed(() => session.user?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
  const today = computed(() => dayKey(now.value, zone.value))

  return {
    now,
    zone,
    today,
    time: (iso: string) => formatTime(iso, locale.value, zone.value),
    moment: (iso: string) => formatMoment(iso, locale.value, zone.value),
    span: (ms: number) => formatSpan(ms, locale.value),
    hours: (ms: number) => formatHours(ms, locale.value),
    since: (iso: string) => formatSpan(now.value - Date.parse(iso), locale.value),
    size: (bytes: number) => formatSize(bytes, locale.value),
    /** "Today", or the day. */
    day: (iso: string) =>
      dayKey(iso, zone.value) === today.value ? t('words.today') : formatDay(iso, locale.value, zone.value),
    /** The time when it was today, else day and time. */
    when: (iso: string) =>
      dayKey(iso, zone.value) === today.value
        ? formatTime(iso, locale.value, zone.value)
        : formatDayTime(iso, locale.value, zone.value),
    dayOf: (iso: string) => dayKey(iso, zone.value),
  }
}
