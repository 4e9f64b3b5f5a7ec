/** The board as `GET /api/v1/board` gives it; times are ISO 8601 with an offset. */

export interface BoardVisit {
  readonly visit_id: string
  readonly order_no: string
  readonly kind: string
  readonly status: string
  readonly version: number
  readonly minutes: number
  readonly goods: readonly string[]
  readonly consumer: { readonly name: string }
  readonly window_start: string | null
  readonly window_end: string | null
  readonly attention: boolean
  readonly assented: boolean
  readonly failure?: { readonly reason: string; readonly next_contact_at: string | null }
}

export interface Span {
  readonly start: string
  readonly end: string
}

/** Minutes: what the shift gives, what visits take, what is held for consumers, what is left. */
export interface Cell extends Span {
  readonly capacity: number
  readonly visits_minutes: number
  readonly held: number
  readonly free: number
  readonly visits: readonly BoardVisit[]
}

export interface CrewLine {
  readonly crew_id: string
  readonly name: string
  readonly hub_id: string
  readonly members: number
  readonly cells: readonly Cell[]
  readonly off_roster: readonly BoardVisit[]
}

export interface Board {
  readonly date: string
  readonly hubs: readonly { readonly hub_id: string; readonly name: string }[]
  readonly windows: readonly Span[]
  readonly crews: readonly CrewLine[]
  readonly more_crews: number
  readonly follow_ups: readonly BoardVisit[]
}

export class TokenWanted extends Error {}

const KEPT = 'yuezhuang.board.token'

/** Fetches boards. The token, where one is wanted, lives as long as the tab. */
export class BoardApi {
  /** `address`: where boards come from. */
  constructor(private readonly address: string) {}

  get hasToken(): boolean {
    return this.token !== ''
  }

  set token(value: string) {
    sessionStorage.setItem(KEPT, value)
  }

  get token(): string {
    return sessionStorage.getItem(KEPT) ?? ''
  }

  /** Throws TokenWanted where the server asks for a token, or for another one. */
  async board(date: string, hub: string): Promise<Board> {
    const query = new URLSearchParams()
    if (date) query.set('date', date)
    if (hub) query.set('hub', hub)
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {}
    const answer = await fetch(`${this.address}?${query}`, { headers })
    if (answer.status === 401) throw new TokenWanted()
    if (!answer.ok) throw new Error(`board: ${answer.status}`)
    return (await answer.json()) as Board
  }
}
