/** Messages on their way to the server: one at a time, in order, each with an id of its own. */

import { CallFailed } from './api'
import type { Keep, Unsent } from './keep'
import type { Receipt } from './wire'

export interface OutboxEvents {
  sending(messageId: string): void
  stored(messageId: string, receipt: Receipt): void
  failed(messageId: string): void
  /** The server does not know the session any more. */
  refused(): void
}

const RETRY_AFTER_MS: readonly number[] = [1_000, 3_000]

export class Outbox {
  private unsent: readonly Unsent[]
  private busy = false
  private stopped = false

  constructor(
    private readonly post: (text: string, messageId: string) => Promise<Receipt>,
    private readonly events: OutboxEvents,
    private readonly keep: Keep,
    private readonly online: () => boolean = () => navigator.onLine !== false,
  ) {
    this.unsent = keep.outbox
  }

  /** What waits or failed, oldest first. */
  get waiting(): readonly Unsent[] {
    return this.unsent
  }

  add(messageId: string, body: string, shown: string): void {
    this.store([...this.unsent, { messageId, body, shown, failed: false }])
    void this.pump()
  }

  /** Send a failed message again, under the same id, so that it cannot count twice. */
  retry(messageId: string): void {
    this.mark(messageId, false)
    this.events.sending(messageId)
    void this.pump()
  }

  /** The server turned out to have it. */
  settle(messageId: string): void {
    this.store(this.unsent.filter((item) => item.messageId !== messageId))
  }

  stop(): void {
    this.stopped = true
  }

  async pump(): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      for (let next = this.next(); next && !this.stopped; next = this.next()) await this.deliver(next)
    } finally {
      this.busy = false
    }
  }

  private next(): Unsent | undefined {
    return this.unsent.find((item) => !item.failed)
  }

  private async deliver(item: Unsent): Promise<void> {
    for (const wait of [...RETRY_AFTER_MS, null]) {
      try {
        const receipt = await this.post(item.body, item.messageId)
        this.settle(item.messageId)
        this.events.stored(item.messageId, receipt)
        return
      } catch (error) {
        const failure = error instanceof CallFailed ? error : new CallFailed(0)
        if (failure.status === 401) this.events.refused()
        if (!failure.passing || !this.online() || wait === null || this.stopped) break
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
      if (!this.unsent.some((known) => known.messageId === item.messageId)) return
    }
    this.mark(item.messageId, true)
    this.events.failed(item.messageId)
  }

  private mark(messageId: string, failed: boolean): void {
    this.store(
      this.unsent.map((item) => (item.messageId === messageId ? { ...item, failed } : item)),
    )
  }

  private store(unsent: readonly Unsent[]): void {
    this.unsent = unsent
    if (!this.stopped) this.keep.outbox = unsent
  }
}
