/** How full a cell is, and the times that name it. */

import type { Cell, Span } from './api'

export type Load = 'none' | 'idle' | 'light' | 'busy' | 'full' | 'over'

export const LOADS: readonly Load[] = ['idle', 'light', 'busy', 'full', 'over']

// From here on hardly any visit fits any more.
const BUSY = 0.6
const FULL = 0.85

export function used(cell: Cell): number {
  return cell.visits_minutes + cell.held
}

export function loadOf(cell: Cell | undefined): Load {
  if (!cell) return 'none'
  if (cell.free < 0) return 'over'
  if (cell.capacity === 0) return 'full'
  const share = used(cell) / cell.capacity
  if (share === 0) return 'idle'
  if (share < BUSY) return 'light'
  return share < FULL ? 'busy' : 'full'
}

/** The share of a cell that is taken, 0 to 1, for its bar. */
export function shareOf(cell: Cell): number {
  return cell.capacity > 0 ? Math.min(1, used(cell) / cell.capacity) : 1
}

export function cellAt(cells: readonly Cell[], window: Span): Cell | undefined {
  return cells.find((cell) => cell.start === window.start && cell.end === window.end)
}

/** The server writes times in the business zone: its own hours and minutes are shown. */
export function clock(iso: string): string {
  return iso.slice(11, 16)
}

export function hours(span: Span): string {
  return `${clock(span.start)}–${clock(span.end)}`
}
