import { type Ref, ref, type ShallowRef, watch } from 'vue'

import type { Snapshot } from './desk'
import { desk as words } from './desk.zh'

export interface Alerts {
  readonly sound: Ref<boolean>
  readonly notify: Ref<boolean>
  /** Switch the desktop's notifications; asks the browser's leave for them. */
  toggleNotify(): Promise<void>
}

const KEY = 'yuezhuang.alerts'

interface Kept {
  readonly sound: boolean
  readonly notify: boolean
}

/** Somebody waits: a tone, the desktop's own notice, and the number in the tab's title. */
export function useAlerts(snapshot: Readonly<ShallowRef<Snapshot>>): Alerts {
  const kept = load()
  const sound = ref(kept.sound)
  const notify = ref(kept.notify)
  watch([sound, notify], () => save({ sound: sound.value, notify: notify.value }))

  watch(
    () => snapshot.value.counts?.queued ?? 0,
    (queued) => (document.title = queued ? `(${queued}) ${words.title}` : words.title),
  )
  watch(
    () => snapshot.value.notice,
    (notice) => {
      if (notice?.kind !== 'arrived' || !notice.row) return
      if (sound.value) beep()
      if (notify.value && document.visibilityState !== 'visible') {
        const { name, reason } = notice.row
        new Notification(words.notices.arrived(name ?? words.anonymous, reason?.label ?? ''), { tag: notice.row.id })
      }
    },
  )

  async function toggleNotify(): Promise<void> {
    const allowed = !notify.value && 'Notification' in window && (await Notification.requestPermission()) === 'granted'
    notify.value = allowed
  }
  return { sound, notify, toggleNotify }
}

function load(): Kept {
  try {
    return { sound: true, notify: false, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Kept>) }
  } catch {
    return { sound: true, notify: false }
  }
}

function save(kept: Kept): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept))
  } catch {
    // The switch then lasts as long as the page.
  }
}

/** Two short tones; silent until the browser lets the page make sounds. */
function beep(): void {
  try {
    const audio = new AudioContext()
    for (const [at, pitch] of [[0, 660], [0.16, 880]] as const) {
      const [tone, volume] = [audio.createOscillator(), audio.createGain()]
      tone.frequency.value = pitch
      volume.gain.setValueAtTime(0.06, audio.currentTime + at)
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.15)
      tone.connect(volume).connect(audio.destination)
      tone.start(audio.currentTime + at)
      tone.stop(audio.currentTime + at + 0.15)
    }
    setTimeout(() => void audio.close(), 600)
  } catch {
    // No sound, then; the title and the list still tell.
  }
}
