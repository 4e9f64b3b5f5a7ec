/** The lists of conversations: pure functions from one state to the next. */

import { type ListName, LISTS, type Row } from './wire'

export type Lists = Readonly<Record<ListName, readonly Row[]>>

export const NO_LISTS: Lists = { queued: [], mine: [], bot: [] }

/** A whole list came: it replaces what was held. */
export function withSnapshot(lists: Lists, name: ListName, rows: readonly Row[]): Lists {
  return { ...lists, [name]: ordered(name, rows) }
}

/** A row as it now stands, and the lists it is in; an older one than is held changes nothing. */
export function withRow(lists: Lists, row: Row, within: readonly ListName[]): Lists {
  const held = LISTS.flatMap((name) => lists[name]).find((known) => known.id === row.id)
  if (held && held.epoch > row.epoch) return lists
  const placed = (name: ListName): readonly Row[] => {
    const others = lists[name].filter((known) => known.id !== row.id)
    return within.includes(name) ? ordered(name, [...others, row]) : others
  }
  return { queued: placed('queued'), mine: placed('mine'), bot: placed('bot') }
}

/** What the list is about comes first: danger, the longest wait, the newest. */
function ordered(name: ListName, rows: readonly Row[]): readonly Row[] {
  return [...rows].sort(ORDERS[name])
}

const LATE = '9999'

const ORDERS: Record<ListName, (a: Row, b: Row) => number> = {
  queued: (a, b) =>
    a.priority - b.priority || instant(a.queued_at) - instant(b.queued_at) || (a.id < b.id ? -1 : 1),
  mine: (a, b) => instant(a.waiting_since) - instant(b.waiting_since) || latest(b) - latest(a),
  bot: (a, b) => latest(b) - latest(a),
}

function instant(at: string | null): number {
  return Date.parse(at ?? LATE)
}

function latest(row: Row): number {
  return Date.parse(row.last_message?.at ?? row.opened_at)
}

export type Urgency = 'calm' | 'slow' | 'late'

/** How long the consumer has waited, in whole seconds; null where nobody waits. */
export function waited(row: Row, now: number): number | null {
  const since = row.state === 'queued' ? (row.queued_at ?? row.waiting_since) : row.waiting_since
  return since === null ? null : Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
}

export function urgency(seconds: number, slow: number, late: number): Urgency {
  if (seconds >= late) return 'late'
  return seconds >= slow ? 'slow' : 'calm'
}

/** "1:05", "12:40", from an hour on "1:02:40". */
export function clock(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
