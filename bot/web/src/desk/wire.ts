/** What the desk's server sends and takes; `docs/desk-api.md` is the contract. */

export type State = 'bot' | 'queued' | 'human' | 'closed'
export type ListName = 'queued' | 'mine' | 'bot'
export type Presence = 'online' | 'busy' | 'away' | 'offline'
export type Speaker = 'consumer' | 'bot' | 'agent' | 'system'
export type Visibility = 'public' | 'note' | 'suppressed'

export const LISTS: readonly ListName[] = ['queued', 'mine', 'bot']

export interface Agent {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly alias: string
  readonly role: 'agent' | 'supervisor'
  readonly presence: Presence
  readonly chats: number
  readonly max_chats: number
  readonly seen_at?: string | null
}

export interface Me {
  readonly agent: Agent
  readonly heartbeat_seconds: number
  readonly slow_seconds: number
  readonly late_seconds: number
}

export interface Coded {
  readonly code: string
  readonly label: string
}

export interface Person {
  readonly id: string
  readonly alias: string
}

export interface Rating {
  readonly stars: number
  readonly resolved?: boolean | null
  readonly reason?: string | null
}

export interface Row {
  readonly id: string
  readonly case_no: number
  readonly state: State
  readonly epoch: number
  readonly channel: string
  readonly name: string | null
  readonly agent: Person | null
  readonly reason: Coded | null
  /** 0 danger, 1 complaint, damage or refund, 2 others. */
  readonly priority: number
  readonly opened_at: string
  readonly queued_at: string | null
  readonly deadline_at: string | null
  readonly waiting_since: string | null
  readonly position: number | null
  readonly last_seq: number
  readonly unread: number
  readonly last_message: { seq: number; at: string; from: Speaker; text: string } | null
  readonly appliance: string | null
  readonly visit_day: string | null
  readonly disposition: string | null
  readonly summary: string | null
  readonly closed_at: string | null
  /** How far the consumer has read. */
  readonly read_seq: number
  readonly rating: Rating | null
}

export interface Nlu {
  readonly intent?: { name: string; confidence: number } | null
  readonly entities?: readonly { entity: string; value: unknown }[]
}

export interface Line {
  readonly id: string
  readonly seq: number
  readonly at: string
  readonly from: Speaker
  readonly visibility: Visibility
  readonly text: string
  readonly buttons?: readonly { title: string; payload: string }[] | null
  readonly custom?: Record<string, unknown> | null
  readonly agent?: Person | null
  readonly nlu?: Nlu | null
  readonly client_id?: string | null
}

export interface Move {
  readonly epoch: number
  /** The line after which it happened. */
  readonly seq: number
  readonly at: string
  readonly command: string
  readonly from: State
  readonly to: State
  readonly reason: Coded | null
  readonly actor: { kind: 'bot' | 'consumer' | 'system' | 'agent'; id?: string; alias?: string }
  readonly agent: Person | null
}

export interface Case {
  readonly id: string
  readonly case_no: number
  readonly opened_at: string
  readonly closed_at: string | null
  readonly state: State
  readonly reason: Coded | null
  readonly disposition: string | null
  readonly summary: string | null
  readonly rating: Rating | null
}

export interface Whole {
  readonly conversation: Row
  readonly messages: readonly Line[]
  readonly moves: readonly Move[]
  readonly cases: readonly Case[]
}

export interface FactField {
  readonly key: string
  readonly label: string
  readonly type?: string
  readonly values?: readonly { value: unknown; label: string }[]
}

export interface Texts {
  readonly reasons: Readonly<Record<string, string>>
  readonly dispositions: readonly Coded[]
  readonly return_lines: readonly { code: string; text: string }[]
  readonly commands: Readonly<Record<string, string>>
  readonly facts: readonly FactField[]
}

export interface Counts {
  readonly queued: number
  readonly mine: number
  readonly bot: number
  readonly longest_wait_seconds: number
  readonly chats: number
  readonly max_chats: number
}

export interface Canned {
  readonly id: string
  readonly group: string
  readonly title: string
  readonly text: string
  readonly missing: readonly string[]
}

export interface Suggestion {
  readonly id: string
  readonly text: string
  readonly intent: string | null
  readonly confidence: number | null
}

export interface Slot {
  readonly start: string
  readonly end: string
}

export interface Visit extends Slot {
  readonly visit_id: string
  readonly kind: string
  readonly status: string
  readonly crew: { name: string; phone: string } | null
  readonly changes: number
  readonly version: number
  readonly attention: boolean
}

export interface OrderCard {
  readonly order_no: string
  readonly merchant: string
  readonly name: string
  readonly phone: string
  readonly address: string
  readonly items: readonly { name: string; category: string; quantity: number }[]
  readonly tracking: readonly { at: string; text: string; location: string | null }[]
  readonly visit: (Omit<Visit, 'start' | 'end'> & { start: string | null; end: string | null }) | null
  readonly site: Readonly<Record<string, unknown>>
}

export interface Windows {
  readonly windows: readonly Slot[]
  readonly reason?: { code: string; text: string } | null
}

export interface Overview {
  readonly queued: number
  readonly longest_wait_seconds: number
  readonly bot: number
  readonly human: number
  readonly agents: readonly Agent[]
  readonly conversations: readonly Row[]
}

/** A line that no platform took. */
export interface DeadLine {
  readonly id: string
  readonly conversation_id: string
  readonly channel: string
  readonly at: string
  readonly from: 'bot' | 'agent'
  readonly text: string
  readonly error: { code: string; label: string }
}

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly actor: { kind: string; id?: string | null; alias?: string | null }
  readonly conversation_id: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly before: string | null
}

/** A consumer whom nobody came for: they left the queue, or waited in vain. */
export interface Missed {
  readonly conversation: Row
  readonly at: string
  readonly command: string
  readonly waited_seconds: number
}

export type Frame =
  | { readonly type: 'hello'; readonly agent: Agent; readonly at: string }
  | { readonly type: 'snapshot'; readonly list: ListName; readonly conversations: readonly Row[] }
  | { readonly type: 'conversation'; readonly conversation: Row; readonly lists: readonly ListName[] }
  | ({ readonly type: 'counts' } & Counts)
  | { readonly type: 'message'; readonly conversation_id: string; readonly message: Line }
  | { readonly type: 'move'; readonly conversation_id: string; readonly move: Move }
  | { readonly type: 'typing'; readonly conversation_id: string; readonly on: boolean }
  | { readonly type: 'problem'; readonly code: string; readonly detail: string }

const TYPES = ['hello', 'snapshot', 'conversation', 'counts', 'message', 'move', 'typing', 'problem']

/** Read one frame; null where it is none that this page knows (a newer server may send more). */
export function readFrame(data: unknown): Frame | null {
  if (typeof data !== 'string') return null
  try {
    const frame = JSON.parse(data) as Frame | null
    return frame && TYPES.includes(frame.type) ? frame : null
  } catch {
    return null
  }
}
