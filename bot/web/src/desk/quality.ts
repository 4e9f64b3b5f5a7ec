/** Labelling what the bot missed: pure functions, and what the server sends. */

export type Decision = 'open' | 'intent' | 'out_of_scope' | 'ignored' | 'new_skill'

export interface Choice {
  readonly name: string
  readonly label: string
}

export interface Choices {
  readonly intents: readonly Choice[]
  readonly entities: readonly Choice[]
}

/** Characters `start` to `end` of a text, counted as the server does: by code points. */
export interface Span {
  readonly entity: string
  readonly start: number
  readonly end: number
}

export interface MissedText {
  readonly text: string
  readonly count: number
  readonly conversation_id: string
  readonly entities: readonly Span[]
  readonly labelled: boolean
}

export interface Guess {
  readonly intent: string
  readonly confidence: number
}

export interface Group {
  readonly id: number
  readonly text: string
  readonly decision: Decision
  readonly intent: string | null
  readonly note: string | null
  readonly version: number
  readonly decided_at: string | null
  readonly decided_by: string | null
  readonly count: number
  readonly first: string
  readonly last: string
  readonly channels: readonly string[]
  readonly reasons: readonly string[]
  readonly guesses: readonly Guess[]
  readonly chosen: Readonly<Record<string, number>>
}

export type WholeGroup = Pick<Group, 'id' | 'text' | 'decision' | 'intent' | 'note' | 'version' | 'decided_by'> & {
  readonly texts: readonly MissedText[]
}

export interface Label {
  readonly version: number
  readonly decision: Decision
  readonly intent?: string
  readonly note?: string
  readonly examples?: readonly { text: string; entities: readonly Span[] }[]
}

export interface Numbers {
  readonly days: readonly { day: string; channel: string; turns: number; missed: number }[]
  readonly intents: readonly { intent: string; count: number }[]
  readonly groups: Readonly<Partial<Record<Decision, number>>>
}

export interface Review {
  readonly counts: Readonly<Record<string, number>>
  readonly left_out: readonly { text: string; intent: string; why: string }[]
  readonly exports: readonly { id: number; at: string; by: string; examples: number }[]
}

export interface Piece {
  readonly text: string
  readonly entity?: string
}

/** Mark the selected part of a text, in place of what it touches; `from` and `to` as an input counts them. */
export function mark(spans: readonly Span[], text: string, from: number, to: number, entity: string): readonly Span[] {
  const picked = text.slice(from, to)
  const start = points(text.slice(0, from)) + points(picked) - points(picked.trimStart())
  const end = start + points(picked.trim())
  if (start === end) return spans
  const others = spans.filter((span) => span.end <= start || span.start >= end)
  return [...others, { entity, start, end }].sort((a, b) => a.start - b.start)
}

/** A text cut at its entities. */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const all = [...text]
  const found: Piece[] = []
  let at = 0
  for (const { entity, start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    if (start < at || end > all.length) continue
    if (start > at) found.push({ text: all.slice(at, start).join('') })
    found.push({ text: all.slice(start, end).join(''), entity })
    at = end
  }
  if (at < all.length) found.push({ text: all.slice(at).join('') })
  return found
}

/** What consumers and agents said it was, then the model's guesses; the likeliest first. */
export function proposals(group: Pick<Group, 'guesses' | 'chosen'>): string[] {
  const chosen = Object.entries(group.chosen).sort((a, b) => b[1] - a[1])
  return [...new Set([...chosen.map(([name]) => name), ...group.guesses.map(({ intent }) => intent)])].slice(0, 3)
}

/** The intents that a search finds, by Chinese description or by name; proposals first. */
export function found(choices: readonly Choice[], first: readonly string[], search: string): Choice[] {
  const wanted = search.trim().toLowerCase()
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length)
  return choices
    .filter(({ name, label }) => name.includes(wanted) || label.toLowerCase().includes(wanted))
    .sort((a, b) => rank(a.name) - rank(b.name))
}

/** Turns and missed turns of each week, Monday first, over all channels. */
export function weeks(days: Numbers['days']): { week: string; turns: number; missed: number }[] {
  const sums = new Map<string, { turns: number; missed: number }>()
  for (const { day, turns, missed } of days) {
    const date = new Date(`${day}T00:00:00Z`)
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
    const week = date.toISOString().slice(0, 10)
    const sum = sums.get(week) ?? { turns: 0, missed: 0 }
    sums.set(week, { turns: sum.turns + turns, missed: sum.missed + missed })
  }
  return [...sums].map(([week, sum]) => ({ week, ...sum })).sort((a, b) => a.week.localeCompare(b.week))
}

export function share(missed: number, turns: number): string {
  return turns ? `${((100 * missed) / turns).toFixed(1)}%` : '–'
}

function points(text: string): number {
  return [...text].length
}
