/** One conversation as the desk holds it: pure functions from one state to the next. */

import type { Case, Line, Move, Row, Whole } from './wire'

export type Kind = 'reply' | 'note'

/** What an agent has sent and the server has not confirmed. */
export interface Pending {
  readonly clientId: string
  readonly kind: Kind
  readonly text: string
  readonly state: 'sending' | 'failed'
}

export interface Chat {
  readonly row: Row
  readonly lines: readonly Line[]
  readonly moves: readonly Move[]
  readonly cases: readonly Case[]
  readonly pending: readonly Pending[]
  /** The consumer is typing. */
  readonly typing: boolean
  /** The whole of it has been read once. */
  readonly loaded: boolean
}

export function begun(row: Row): Chat {
  return { row, lines: [], moves: [], cases: [], pending: [], typing: false, loaded: false }
}

export function withWhole(chat: Chat, whole: Whole): Chat {
  const read = { ...chat, cases: whole.cases, loaded: true }
  const lined = whole.messages.reduce(withLine, withChatRow(read, whole.conversation))
  return whole.moves.reduce(withMove, lined)
}

export function withChatRow(chat: Chat, row: Row): Chat {
  return row.epoch < chat.row.epoch ? chat : { ...chat, row }
}

/** Take a line in, once, at its place; what was pending under its id is settled by it. */
export function withLine(chat: Chat, line: Line): Chat {
  const pending = chat.pending.filter((item) => item.clientId !== line.client_id)
  const settled = pending.length === chat.pending.length ? chat : { ...chat, pending }
  if (chat.lines.some((known) => known.seq === line.seq)) return settled
  return { ...settled, lines: inserted(chat.lines, line, (item) => item.seq) }
}

export function withMove(chat: Chat, move: Move): Chat {
  if (chat.moves.some((known) => known.epoch === move.epoch)) return chat
  return { ...chat, moves: inserted(chat.moves, move, (item) => item.epoch) }
}

export function withPending(chat: Chat, item: Pending): Chat {
  const others = chat.pending.filter((known) => known.clientId !== item.clientId)
  return { ...chat, pending: [...others, item] }
}

export function withoutPending(chat: Chat, clientId: string): Chat {
  return { ...chat, pending: chat.pending.filter((item) => item.clientId !== clientId) }
}

function inserted<T>(items: readonly T[], item: T, rank: (item: T) => number): readonly T[] {
  const at = items.findLastIndex((known) => rank(known) < rank(item)) + 1
  return items.toSpliced(at, 0, item)
}

export function lastSeq(chat: Chat): number {
  return chat.lines.at(-1)?.seq ?? 0
}

export function lastEpoch(chat: Chat): number {
  return chat.moves.at(-1)?.epoch ?? 0
}

export type Item = { readonly line: Line } | { readonly move: Move }

/** The transcript as it is read: lines, and after each the moves that followed it. */
export function timeline(chat: Chat): readonly Item[] {
  const items: Item[] = []
  let next = 0
  const movesUntil = (seq: number) => {
    for (; next < chat.moves.length; next += 1) {
      const move = chat.moves[next] as Move
      if (move.seq >= seq) return
      items.push({ move })
    }
  }
  for (const line of chat.lines) {
    movesUntil(line.seq)
    items.push({ line })
  }
  movesUntil(Infinity)
  return items
}

export type Hand = 'mine' | 'other' | 'queued' | 'bot' | 'closed'

/** In whose hands the conversation is, seen from an agent. */
export function hand(row: Row, agentId: string): Hand {
  if (row.state !== 'human') return row.state
  return row.agent?.id === agentId ? 'mine' : 'other'
}
