/** What an agent has written and not sent: one text a conversation and kind, kept with the tab. */

import type { Kind } from './chat'

const KEY = 'yuezhuang.drafts'

export class Drafts {
  private texts: Record<string, string>

  constructor(private readonly storage: Storage | null = sessionStore()) {
    this.texts = this.load()
  }

  get(conversationId: string, kind: Kind): string {
    return this.texts[`${kind}:${conversationId}`] ?? ''
  }

  set(conversationId: string, kind: Kind, text: string): void {
    const { [`${kind}:${conversationId}`]: _, ...others } = this.texts
    this.texts = text ? { ...others, [`${kind}:${conversationId}`]: text } : others
    this.save()
  }

  /** Another agent signs in at this place. */
  clear(): void {
    this.texts = {}
    this.save()
  }

  private load(): Record<string, string> {
    try {
      return JSON.parse(this.storage?.getItem(KEY) ?? '{}') as Record<string, string>
    } catch {
      return {}
    }
  }

  private save(): void {
    try {
      this.storage?.setItem(KEY, JSON.stringify(this.texts))
    } catch {
      // A full or forbidden store costs the reload, not the draft on the screen.
    }
  }
}

function sessionStore(): Storage | null {
  try {
    return globalThis.sessionStorage
  } catch {
    return null
  }
}
