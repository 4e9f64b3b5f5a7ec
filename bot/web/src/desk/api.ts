/** The HTTP calls of the desk; the session is a cookie that the page never sees. */

import type { Fetch } from '../chat/api'
import type { Choices, Group, Label, Numbers, Review, WholeGroup } from './quality'
import type {
  Agent, AuditPage, Canned, DeadLine, Line, ListName, Me, Missed, OrderCard, Overview, Presence, Row, Slot, Suggestion, Texts, Whole,
  Windows,
} from './wire'

/** What the server answers to a call that it does not do. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly owner?: { id: string; alias: string } | null
  readonly reason?: { code: string; text: string } | null
  readonly retry_after?: number
}

/** A refusal; `status` 0 means that no answer came, so that nobody knows whether it was done. */
export class DeskRefusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail)
  }

  get status(): number {
    return this.problem.status
  }

  get code(): string {
    return this.problem.code
  }
}

const NO_ANSWER: Problem = { status: 0, code: 'no_answer', detail: 'no answer came' }
const NO_CONTENT = 204

export class DeskApi {
  /** `base` is the address below which the calls live, with a closing slash. */
  constructor(
    readonly base: string,
    private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
    private readonly timeoutMs = 15_000,
  ) {}

  get eventsUrl(): string {
    return new URL('events', this.base).href.replace(/^http/, 'ws')
  }

  get boardUrl(): string {
    return this.url('board')
  }

  exportUrl(from: string, to: string): string {
    return this.url('supervisor/export.csv', { from, to })
  }

  photoUrl(id: string): string {
    return this.url(`photos/${encodeURIComponent(id)}`)
  }

  login = async (login: string, password: string): Promise<Agent> =>
    (await this.post<{ agent: Agent }>('login', { login, password })).agent

  logout = (): Promise<void> => this.post('logout')
  me = (): Promise<Me> => this.get('me')
  texts = (): Promise<Texts> => this.get('texts')
  agents = async (): Promise<Agent[]> => (await this.get<{ agents: Agent[] }>('agents')).agents

  presence = async (presence: Presence): Promise<Agent> =>
    (await this.post<{ agent: Agent }>('presence', { presence })).agent

  list = async (list: ListName): Promise<Row[]> =>
    (await this.get<{ conversations: Row[] }>('conversations', { list })).conversations

  conversation = (id: string): Promise<Whole> => this.get(this.of(id))

  summary = async (id: string): Promise<string> =>
    (await this.get<{ summary: string }>(this.of(id, 'summary'))).summary

  canned = async (id: string): Promise<Canned[]> =>
    (await this.get<{ canned: Canned[] }>(this.of(id, 'canned'))).canned

  read = (id: string, seq: number): Promise<void> => this.post(this.of(id, 'read'), { seq })
  typing = (id: string, on: boolean): Promise<void> => this.post(this.of(id, 'typing'), { on })

  /** Change who answers; `what` is the call's name. */
  move = async (id: string, what: string, body: object): Promise<Row> =>
    (await this.post<{ conversation: Row }>(this.of(id, what), body)).conversation

  claimNext = async (): Promise<Row> =>
    (await this.post<{ conversation: Row }>('claim-next', {})).conversation

  say = async (id: string, text: string, clientId: string): Promise<Line> =>
    (await this.post<{ message: Line }>(this.of(id, 'messages'), { client_id: clientId, text })).message

  note = async (id: string, text: string, clientId: string): Promise<Line> =>
    (await this.post<{ message: Line }>(this.of(id, 'notes'), { client_id: clientId, text })).message

  suggestion = async (id: string): Promise<Suggestion | null> =>
    (await this.post<{ suggestion: Suggestion | null }>(this.of(id, 'suggestion'), {})).suggestion

  suggestionOutcome = (id: string, suggestion: string, outcome: 'accepted' | 'edited' | 'rejected'): Promise<void> =>
    this.post(this.of(id, 'suggestion/outcome'), { id: suggestion, outcome })

  orders = async (id: string): Promise<OrderCard[]> =>
    (await this.get<{ orders: OrderCard[] }>(this.of(id, 'orders'))).orders

  reveal = async (id: string, orderNo: string, field: 'phone' | 'address' | 'name'): Promise<string> =>
    (await this.post<{ value: string }>(this.of(id, 'reveal'), { order_no: orderNo, field })).value

  windows = (id: string, orderNo: string, from: string, days: number): Promise<Windows> =>
    this.get(this.of(id, 'windows'), { order_no: orderNo, from, days: String(days) })

  book = async (id: string, card: OrderCard, window: Slot, commandId: string): Promise<OrderCard> =>
    (
      await this.post<{ order: OrderCard }>(this.of(id, 'visit'), {
        order_no: card.order_no,
        window,
        version: card.visit?.version ?? null,
        command_id: commandId,
      })
    ).order

  cancelVisit = async (id: string, card: OrderCard, commandId: string): Promise<OrderCard> =>
    (
      await this.post<{ order: OrderCard }>(this.of(id, 'visit/cancel'), {
        order_no: card.order_no,
        version: card.visit?.version ?? null,
        command_id: commandId,
      })
    ).order

  describe = (
    id: string,
    orderNo: string,
    facts: Readonly<Record<string, unknown>>,
    commandId: string,
  ): Promise<{ order: OrderCard; conflict: boolean }> =>
    this.post(this.of(id, 'site'), { order_no: orderNo, facts, command_id: commandId })

  /** Put a visit of the board with a crew and in a window; `version` is that of the board. */
  place = (
    visit: { visit_id: string; version: number },
    crewId: string,
    window: Slot,
    commandId: string,
  ): Promise<unknown> =>
    this.post(`board/visits/${encodeURIComponent(visit.visit_id)}`, {
      crew_id: crewId,
      window: { start: window.start, end: window.end },
      version: visit.version,
      command_id: commandId,
    })

  overview = (): Promise<Overview> => this.get('supervisor/overview')

  undelivered = async (): Promise<DeadLine[]> =>
    (await this.get<{ lines: DeadLine[] }>('undelivered')).lines

  resend = async (id: string): Promise<number> =>
    (await this.post<{ lines: number }>(this.of(id, 'resend'))).lines

  sample = async (count: number, from: string, to: string): Promise<Row[]> =>
    (await this.get<{ conversations: Row[] }>('supervisor/sample', { count: String(count), from, to })).conversations

  missed = async (from: string, to: string): Promise<Missed[]> =>
    (await this.get<{ missed: Missed[] }>('supervisor/missed', { from, to })).missed

  audit = (query: Record<string, string>): Promise<AuditPage> => this.get('supervisor/audit', query)

  choices = (): Promise<Choices> => this.get('quality/choices')

  groups = (query: Record<string, string>): Promise<{ groups: Group[]; more: boolean }> => this.get('quality/groups', query)

  group = async (id: number): Promise<WholeGroup> => (await this.get<{ group: WholeGroup }>(`quality/groups/${id}`)).group

  label = async (id: number, label: Label): Promise<WholeGroup> =>
    (await this.post<{ group: WholeGroup }>(`quality/groups/${id}/label`, label)).group

  numbers = (from: string, to: string): Promise<Numbers> => this.get('quality/numbers', { from, to })
  review = (since: Record<string, string>): Promise<Review> => this.get('quality/review', since)

  /** The archive of an export; the server notes it as taken. */
  exportExamples = async (since: Record<string, string>): Promise<Blob> => {
    const answer = await this.answer(this.url('quality/export.zip', since), { method: 'POST' })
    if (!answer.ok) throw new DeskRefusal({ ...NO_ANSWER, ...(await answer.json().catch(() => null)), status: answer.status })
    return answer.blob()
  }

  misunderstood = (id: string, messageId: string, intent: string): Promise<void> =>
    this.post(this.of(id, 'misunderstood'), { message_id: messageId, intent })

  private of(id: string, rest = ''): string {
    const path = `conversations/${encodeURIComponent(id)}`
    return rest ? `${path}/${rest}` : path
  }

  private url(path: string, query: Record<string, string> = {}): string {
    const url = new URL(path, this.base)
    url.search = new URLSearchParams(query).toString()
    return url.href
  }

  private get<T>(path: string, query?: Record<string, string>): Promise<T> {
    return this.call(this.url(path, query), { method: 'GET' })
  }

  private post<T>(path: string, body: object = {}): Promise<T> {
    const headers = { 'Content-Type': 'application/json' }
    return this.call(this.url(path), { method: 'POST', headers, body: JSON.stringify(body) })
  }

  private async call<T>(url: string, init: RequestInit): Promise<T> {
    const answer = await this.answer(url, init)
    if (answer.status === NO_CONTENT) return undefined as T
    const body: unknown = await answer.json().catch(() => null)
    if (answer.ok && body !== null) return body as T
    throw new DeskRefusal({ ...NO_ANSWER, ...(body as Partial<Problem> | null), status: answer.status })
  }

  private async answer(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(url, {
        ...init,
        credentials: 'same-origin',
        signal: AbortSignal.timeout(this.timeoutMs),
      })
    } catch {
      throw new DeskRefusal(NO_ANSWER)
    }
  }
}
