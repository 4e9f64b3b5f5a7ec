/** What the server sends and takes; the server's side is `bot/channels/web.py`. */

export type Role = 'consumer' | 'bot' | 'agent' | 'system'
export type ConversationState = 'bot' | 'queued' | 'human' | 'closed'

export interface Button {
  readonly title: string
  /** Opaque; goes back as the text of a message. */
  readonly payload: string
}

export interface WireMessage {
  readonly id: string
  /** Rises through the conversation; the order of the transcript. */
  readonly seq: number
  /** ISO 8601 with an offset. */
  readonly at: string
  readonly from: Role
  readonly text: string
  /** The name of the person who says it, where one does. */
  readonly agent?: string | null
  readonly buttons?: readonly Button[] | null
  readonly custom?: unknown
  /** The id the page gave the message, where the server repeats it. */
  readonly message_id?: string | null
}

/** A place in the queue for a person, from 1; `opens` is a time of day where nobody answers now. */
export interface Place {
  readonly position: number
  /** About how many minutes it takes; null where nobody answers now. */
  readonly minutes: number | null
  readonly opens: string | null
}

/** What goes with the stars of a rating. */
export interface Opinion {
  readonly resolved: boolean | null
  readonly reason: string
}

export type Frame =
  | { readonly type: 'message'; readonly message: WireMessage }
  | { readonly type: 'state'; readonly state: ConversationState; readonly reason?: string | null; readonly agent?: string | null }
  | { readonly type: 'read'; readonly seq: number }
  | ({ readonly type: 'queue' } & Place)
  | { readonly type: 'typing'; readonly on: boolean }

export interface Consumer {
  readonly consumer_id: string
  readonly name: string
  readonly summary: string
}

export interface Credentials {
  readonly token: string
  readonly sender: string
}

export interface Receipt {
  readonly id: string
  readonly seq: number
}

const ROLES: readonly string[] = ['consumer', 'bot', 'agent', 'system']
const STATES: readonly string[] = ['bot', 'queued', 'human', 'closed']

/** Read one frame; null where it is none of ours (a newer server may send more). */
export function readFrame(data: unknown): Frame | null {
  const frame = parse(data)
  if (frame === null) return null
  if (frame.type === 'typing') return { type: 'typing', on: frame.on === true }
  if (frame.type === 'read' && typeof frame.seq === 'number') return frame as Frame
  if (frame.type === 'queue' && typeof frame.position === 'number') return frame as Frame
  if (frame.type === 'state' && STATES.includes(frame.state as string)) return frame as Frame
  if (frame.type === 'message' && isMessage(frame.message)) return frame as Frame
  return null
}

function parse(data: unknown): Record<string, unknown> | null {
  if (typeof data !== 'string') return null
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function isMessage(value: unknown): value is WireMessage {
  if (typeof value !== 'object' || value === null) return false
  const message = value as Record<string, unknown>
  return (
    message.id !== undefined &&
    typeof message.seq === 'number' &&
    typeof message.text === 'string' &&
    ROLES.includes(message.from as string)
  )
}
