import { computed, type ComputedRef, inject, type InjectionKey, onScopeDispose, provide, readonly, ref, type Ref, type ShallowRef, shallowRef } from 'vue'

import type { Desk, Snapshot } from './desk'

interface Context {
  readonly desk: Desk
  readonly snapshot: Readonly<ShallowRef<Snapshot>>
  /** The server's time in milliseconds, moving on each second. */
  readonly now: Readonly<Ref<number>>
  readonly online: ComputedRef<boolean>
}

const KEY: InjectionKey<Context> = Symbol('desk')

/** Follow a desk, for the components below. */
export function provideDesk(desk: Desk): Context {
  const snapshot = shallowRef(desk.snapshot)
  const now = ref(desk.serverNow)
  const unsubscribe = desk.subscribe((value) => {
    snapshot.value = value
    now.value = desk.serverNow
  })
  const tick = setInterval(() => (now.value = desk.serverNow), 1000)
  onScopeDispose(() => {
    unsubscribe()
    clearInterval(tick)
    desk.stop()
  })
  const online = computed(() => snapshot.value.connection === 'open')
  const context = { desk, snapshot, now: readonly(now), online }
  provide(KEY, context)
  return context
}

export function useDesk(): Context {
  const context = inject(KEY)
  if (!context) throw new Error('no desk is provided')
  return context
}
