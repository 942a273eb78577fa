/** Sound and browser notification for a new offer, when its person asked for them. */
import { watch, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Offer } from '@/api/types'
import { useNotify } from '@/parts/notify'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import { useWorld } from '@/stores/world'

/** Two soft tones made on the spot: no file to load, no codec to lack. */
function chime(): void {
  const audio = new AudioContext()
  for (const [index, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    const start = audio.currentTime + index * 0.16
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(0.0001, start)
    volume.gain.exponentialRampToValueAtTime(0.12, start + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.3)
    tone.connect(volume).connect(audio.destination)
    tone.start(start)
    tone.stop(start + 0.32)
  }
  setTimeout(() => void audio.close(), 1000)
}

export function useOfferAlerts(offers: ComputedRef<Offer[]>): void {
  const { t } = useI18n()
  const preferences = usePreferences()
  const session = useSession()
  const { world } = useWorld()
  const notify = useNotify()

  function announce(offer: Offer): void {
    if (preferences.offerSound) chime()
    if (preferences.offerNotification && document.hidden && Notification.permission === 'granted') {
      new Notification(t('offer.notification', { name: offer.contact?.name ?? offer.contact?.address ?? '' }), {
        body: offer.subject, tag: offer.id,
      })
    }
  }

  watch(
    () => offers.value.map((offer) => offer.id),
    (ids, before) => {
      for (const offer of offers.value) if (!before.includes(offer.id)) announce(offer)
      const title = document.title.replace(/^\(\d+\) /, '')
      document.title = ids.length > 0 ? `(${ids.length}) ${title}` : title
    },
  )
  watch(
    () => Object.values(world.offers).filter((offer) => offer.state === 'timed_out' && offer.user_id === session.user?.id).length,
    (count, before) => {
      if (count > before) notify.warn(t('offer.gone_timed_out'))
    },
  )
}
