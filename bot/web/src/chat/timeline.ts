/** The transcript as the page shows it: pure functions from one list of entries to the next. */

import { type Card, photoErased, photoId, readCard } from './cards'
import type { Button, ConversationState, Receipt, Role, WireMessage } from './wire'

export type Delivery = 'sending' | 'delivered' | 'failed'

export interface Entry {
  /** Stays the same from the optimistic line to the stored one. */
  readonly key: string
  /** The server's id; null until it has stored the message. */
  readonly id: string | null
  readonly seq: number | null
  /** The server's time; null until it has stored the message. */
  readonly at: string | null
  readonly from: Role
  readonly text: string
  /** The name of the person who says it; null where none does. */
  readonly agent: string | null
  readonly buttons: readonly Button[]
  readonly card: Card | null
  readonly photo: Photo | null
  readonly delivery: Delivery
}

/** A photo: the server's id once it is stored, and its picture where this page sent it. */
export interface Photo {
  readonly id: string | null
  readonly url: string | null
  /** The server has it no longer. */
  readonly erased?: boolean
}

export type Entries = readonly Entry[]

/** Add what the consumer has just sent, before the server knows of it. */
export function withPending(
  entries: Entries,
  messageId: string,
  text: string,
  photo: Photo | null = null,
): Entries {
  const entry: Entry = {
    key: messageId,
    id: null,
    seq: null,
    at: null,
    from: 'consumer',
    text,
    agent: null,
    buttons: [],
    card: null,
    photo,
    delivery: 'sending',
  }
  return [...entries, entry]
}

/** Mark an optimistic line; one that the server has stored stays delivered. */
export function withDelivery(entries: Entries, messageId: string, delivery: Delivery): Entries {
  return entries.map((entry) =>
    entry.key === messageId && entry.id === null ? { ...entry, delivery } : entry,
  )
}

/** The server has stored the message. */
export function withReceipt(entries: Entries, messageId: string, receipt: Receipt): Entries {
  const id = String(receipt.id)
  const twin = entries.some((entry) => entry.id === id && entry.key !== messageId)
  if (twin) return entries.filter((entry) => entry.key !== messageId)
  return inOrder(
    entries.map((entry) =>
      entry.key === messageId ? { ...entry, id, seq: receipt.seq, delivery: 'delivered' } : entry,
    ),
  )
}

/** Take a stored message in, once, at its place; it replaces the optimistic line it came from. */
export function withMessage(entries: Entries, message: WireMessage): Entries {
  const known = indexOf(entries, message)
  if (known < 0) return inOrder([...entries, stored(message, String(message.id))])
  const before = entries[known] as Entry
  if (before.id !== null && before.at !== null) return entries
  const now = { ...stored(message, before.key), ...(before.photo && { photo: before.photo }) }
  return inOrder(entries.map((entry, i) => (i === known ? now : entry)))
}

function indexOf(entries: Entries, message: WireMessage): number {
  const byId = entries.findIndex((entry) => entry.id === String(message.id))
  if (byId >= 0 || message.from !== 'consumer') return byId
  if (message.message_id) {
    return entries.findIndex((entry) => entry.key === message.message_id)
  }
  // The line may arrive before the receipt that tells its id.
  const alike = (delivery: Delivery) =>
    entries.findIndex(
      (entry) => entry.id === null && entry.delivery === delivery && entry.text === message.text,
    )
  const sending = alike('sending')
  return sending >= 0 ? sending : alike('failed')
}

function stored(message: WireMessage, key: string): Entry {
  const card = cardOf(message)
  return {
    key,
    id: String(message.id),
    seq: message.seq,
    at: message.at,
    from: card === null && !joins(message) ? message.from : 'system',
    text: card ?? message.text,
    agent: message.agent ?? null,
    buttons: message.buttons ?? [],
    card: readCard(message.custom),
    photo: photoId(message.custom) === null ? null : { id: photoId(message.custom), url: null, erased: photoErased(message.custom) },
    delivery: 'delivered',
  }
}

/** What a notice says that came as a card, because a person has the chat; null for a line. */
function cardOf(message: WireMessage): string | null {
  const { notice } = (message.custom ?? {}) as { notice?: { text?: unknown } }
  return message.text === '' && typeof notice?.text === 'string' ? notice.text : null
}

/** Whether the line says that a person takes over: a rule across the chat, nobody's words. */
function joins(message: WireMessage): boolean {
  return (message.custom as { event?: unknown } | null | undefined)?.event === 'agent_joined'
}

function inOrder(entries: Entries): Entries {
  return [...entries].sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || 0)
}

export interface Choice {
  /** The buttons can no longer be pressed. */
  readonly frozen: boolean
  /** Which button was used; -1 for none. */
  readonly chosen: number
}

/**
 * How the buttons of the entry at `index` stand. They serve once: the consumer's next message
 * answers them, and newer buttons replace them. A plain line of the same turn leaves them usable.
 */
export function choiceAt(entries: Entries, index: number, state: ConversationState): Choice {
  const buttons = entries[index]?.buttons ?? []
  const later = entries.slice(index + 1)
  const answer = later.find((entry) => entry.from === 'consumer' && entry.delivery !== 'failed')
  const replaced = later.some((entry) => entry.from !== 'consumer' && entry.buttons.length > 0)
  const chosen = answer ? buttons.findIndex((button) => answers(button, answer.text)) : -1
  // A closed chat still asks for stars.
  const listens = state === 'bot' || state === 'closed'
  return { frozen: Boolean(answer) || replaced || !listens, chosen }
}

/** Stars may come with more behind them. */
function answers(button: Button, text: string): boolean {
  return text === button.title || text.startsWith(`${button.title}；`)
}

/** The consumer's newest stored line that nobody has answered yet; -1 for none. */
export function lastUnanswered(entries: Entries): number {
  // Not findLastIndex: web views that are still in use do not have it.
  let last = entries.length - 1
  while (last >= 0 && (entries[last]?.from === 'system' || entries[last]?.delivery !== 'delivered')) last -= 1
  return entries[last]?.from === 'consumer' ? last : -1
}
