import { onScopeDispose, readonly, ref, type ShallowRef, shallowRef } from 'vue'

import { type ChatApi, CallFailed } from './chat/api'
import type { Keep, Visitor } from './chat/keep'
import { ChatSession } from './chat/session'
import type { Consumer } from './chat/wire'

/** `refused`: the shop's word for who is there was not taken. */
export type Phase = 'loading' | 'picker' | 'chat' | 'unavailable' | 'refused'

/** Who is at the door: an earlier visitor of this tab, a demo consumer, or an anonymous one. */
export function useReception(api: ChatApi, keep: Keep) {
  const phase = ref<Phase>('loading')
  const consumers: ShallowRef<readonly Consumer[]> = shallowRef([])
  const session: ShallowRef<ChatSession | null> = shallowRef(null)
  const visitor: ShallowRef<Visitor | null> = shallowRef(null)

  function begin(next: Visitor): void {
    session.value?.stop()
    // What another consumer left unsent in this tab is not this one's.
    if (keep.visitor && keep.visitor.sender !== next.sender) keep.visitor = null
    keep.visitor = next
    visitor.value = next
    session.value = new ChatSession(api, next.token, { keep })
    session.value.start()
    phase.value = 'chat'
  }

  async function open(consumerId: string | null, consumerName: string | null): Promise<void> {
    phase.value = 'loading'
    try {
      const opened = await api.openSession(consumerId ? { consumer_id: consumerId } : {})
      begin({ ...opened, consumerId, consumerName })
    } catch {
      phase.value = 'unavailable'
    }
  }

  /** Chat as whom the shop vouches for: the same conversation on every device. */
  async function vouched(identity: string): Promise<void> {
    phase.value = 'loading'
    try {
      begin({ ...(await api.openSession({ identity })), consumerId: null, consumerName: null })
    } catch (error) {
      phase.value = error instanceof CallFailed && !error.passing ? 'refused' : 'unavailable'
    }
  }

  /** `alone`: on a shop's page nobody chooses whom to play. */
  async function arrive({ alone = false } = {}): Promise<void> {
    const known = keep.visitor
    if (known) begin(known)
    else phase.value = 'loading'
    if (alone) {
      if (!known) await open(null, null)
      return
    }
    try {
      consumers.value = (await api.consumers()) ?? []
    } catch {
      if (!known) phase.value = 'unavailable'
      return
    }
    if (known) return
    if (consumers.value.length > 0) phase.value = 'picker'
    else await open(null, null)
  }

  /** Chat as this demo consumer; null is the anonymous visitor. */
  const pick = (consumer: Consumer | null) =>
    open(consumer?.consumer_id ?? null, consumer?.name ?? null)

  /** Open a new session for the same consumer, after the old one expired. */
  const restart = () =>
    open(visitor.value?.consumerId ?? null, visitor.value?.consumerName ?? null)

  /** Leave the chat for another consumer. */
  function leave(): void {
    session.value?.stop()
    session.value = null
    keep.visitor = null
    phase.value = 'picker'
  }

  onScopeDispose(() => session.value?.stop())
  return { phase: readonly(phase), consumers, session, visitor, arrive, vouched, pick, restart, leave }
}
