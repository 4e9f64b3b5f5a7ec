import { type MaybeRefOrGetter, onScopeDispose, type ShallowRef, shallowRef, toValue, watch } from 'vue'

import type { ChatSession, Snapshot } from './chat/session'

/** What the session shows, as a ref; follows when the session itself is exchanged. */
export function useSnapshot(session: MaybeRefOrGetter<ChatSession>): Readonly<ShallowRef<Snapshot>> {
  const snapshot = shallowRef(toValue(session).snapshot)
  let unsubscribe = () => {}
  watch(
    () => toValue(session),
    (next) => {
      unsubscribe()
      snapshot.value = next.snapshot
      unsubscribe = next.subscribe((value) => (snapshot.value = value))
    },
    { immediate: true },
  )
  onScopeDispose(() => unsubscribe())
  return snapshot
}
