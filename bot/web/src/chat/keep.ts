/** What survives a reload of the page; lost with the tab. */

import type { Credentials } from './wire'

/** Who is chatting: the session and the demo consumer it was opened for. */
export interface Visitor extends Credentials {
  readonly consumerId: string | null
  readonly consumerName: string | null
}

/** A message not yet stored by the server. */
export interface Unsent {
  readonly messageId: string
  /** What the server gets; differs from `shown` where a button was pressed. */
  readonly body: string
  readonly shown: string
  readonly failed: boolean
}

const VISITOR = 'yuezhuang.visitor'
const OUTBOX = 'yuezhuang.outbox'

export class Keep {
  constructor(private readonly storage: Storage | null = sessionStore()) {}

  get visitor(): Visitor | null {
    return this.read<Visitor>(VISITOR)
  }

  set visitor(visitor: Visitor | null) {
    this.write(VISITOR, visitor)
    if (!visitor) this.write(OUTBOX, null)
  }

  get outbox(): readonly Unsent[] {
    return this.read<Unsent[]>(OUTBOX) ?? []
  }

  set outbox(unsent: readonly Unsent[]) {
    this.write(OUTBOX, unsent)
  }

  private read<T>(key: string): T | null {
    try {
      return JSON.parse(this.storage?.getItem(key) ?? 'null') as T | null
    } catch {
      return null
    }
  }

  private write(key: string, value: unknown): void {
    try {
      if (value === null) this.storage?.removeItem(key)
      else this.storage?.setItem(key, JSON.stringify(value))
    } catch {
      // A full or forbidden store costs the reload, not the chat.
    }
  }
}

/** Reading the property itself fails where a browser forbids storage. */
function sessionStore(): Storage | null {
  try {
    return globalThis.sessionStorage
  } catch {
    return null
  }
}
