/** An agent's desk: what the server tells, what the agent does. Free of any user interface. */

import { type Connection, EventStream, type Socket } from '../chat/stream'
import { newId } from '../chat/ids'
import { type DeskApi, DeskRefusal, type Problem } from './api'
import {
  begun, type Chat, type Kind, lastEpoch, lastSeq, withChatRow, withLine, withMove, withoutPending, withPending,
  withWhole,
} from './chat'
import { Drafts } from './drafts'
import { type Lists, NO_LISTS, withRow, withSnapshot } from './lists'
import { type Agent, type Counts, type Frame, LISTS, type Me, type Presence, readFrame, type Row, type Texts } from './wire'

/** Something the agent has to be told, once. */
export interface Notice {
  readonly id: number
  readonly kind: 'taken' | 'refused' | 'failed' | 'arrived' | 'lost_chat'
  readonly problem?: Problem
  readonly row?: Row
}

export interface Snapshot {
  readonly phase: 'starting' | 'signed_out' | 'ready' | 'unavailable'
  readonly me: Me | null
  readonly texts: Texts | null
  readonly connection: Connection
  /** When the server was last heard, on this page's clock; null for never. */
  readonly heardAt: number | null
  readonly lists: Lists
  readonly counts: Counts | null
  /** The open conversation. */
  readonly chat: Chat | null
  readonly notice: Notice | null
}

export interface DeskOptions {
  readonly drafts?: Drafts
  readonly openSocket?: (url: string) => Socket
  readonly random?: () => number
  readonly now?: () => number
}

const NOTHING: Snapshot = {
  phase: 'starting',
  me: null,
  texts: null,
  connection: 'connecting',
  heardAt: null,
  lists: NO_LISTS,
  counts: null,
  chat: null,
  notice: null,
}

const TYPING_LIMIT_MS = 8_000
const DAY_MS = 86_400_000
const UNAUTHORISED = 401
const CONFLICT = 409

export class Desk {
  readonly drafts: Drafts
  private current = NOTHING
  private readonly listeners = new Set<(snapshot: Snapshot) => void>()
  private readonly stream: EventStream<Frame>
  private readonly now: () => number
  private readonly rows = new Map<string, Row>()
  private ahead = 0
  private zoneMs = 0
  private readAs = ''
  private notices = 0
  private beat: ReturnType<typeof setInterval> | undefined
  private typingTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    readonly api: DeskApi,
    options: DeskOptions = {},
  ) {
    this.drafts = options.drafts ?? new Drafts()
    this.now = options.now ?? Date.now
    this.stream = new EventStream(
      () => api.eventsUrl,
      {
        read: readFrame,
        frame: (frame) => this.take(frame),
        connection: (connection) => this.connected(connection),
        refused: () => this.signedOut(),
      },
      options.openSocket,
      options.random,
    )
  }

  get snapshot(): Snapshot {
    return this.current
  }

  /** The server's time, in milliseconds: its clock need not be this machine's. */
  get serverNow(): number {
    return this.now() + this.ahead
  }

  /** The business day `ago` days before the server's present one, as the server writes days. */
  day(ago: number): string {
    return new Date(this.serverNow + this.zoneMs - ago * DAY_MS).toISOString().slice(0, 10)
  }

  /** Hear of every change; the answer ends it. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Take up the session that the browser may still have. */
  async start(): Promise<void> {
    try {
      const [me, texts] = await Promise.all([this.api.me(), this.api.texts()])
      this.change({ phase: 'ready', me, texts })
      this.stream.start()
      this.beat = setInterval(() => this.stream.say({ type: 'heartbeat' }), me.heartbeat_seconds * 1000)
    } catch (error) {
      const unknown = error instanceof DeskRefusal && error.status === UNAUTHORISED
      this.change({ phase: unknown ? 'signed_out' : 'unavailable' })
    }
  }

  /** Sign in. Throws DeskRefusal where the server does not know the agent. */
  async signIn(login: string, password: string): Promise<void> {
    await this.api.login(login, password)
    await this.start()
  }

  async signOut(): Promise<void> {
    await this.api.logout().catch(() => undefined)
    this.drafts.clear()
    this.signedOut()
  }

  stop(): void {
    this.stream.stop()
    clearInterval(this.beat)
    clearTimeout(this.typingTimer)
  }

  networkChanged(online: boolean): void {
    if (online) this.stream.hurry()
    else this.stream.cut()
  }

  /** Show a conversation; null shows none. */
  async open(row: Row | null): Promise<void> {
    const before = this.current.chat?.row.id
    if (before === row?.id) return
    if (before) this.stream.say({ type: 'unwatch', conversation_id: before })
    this.change({ chat: row && begun(row) })
    if (row) await this.load(row.id)
  }

  /** Show a conversation that only its id is known of. */
  async openById(id: string): Promise<void> {
    const known = this.rows.get(id)
    if (known) return this.open(known)
    await this.attempt(async () => this.open((await this.api.conversation(id)).conversation))
  }

  /** The agent has seen the open conversation's lines. */
  async seen(): Promise<void> {
    const chat = this.current.chat
    if (!chat?.loaded || (chat.row.unread === 0 && !this.newlyOwned(chat.row))) return
    await this.api.read(chat.row.id, lastSeq(chat)).catch(() => undefined)
  }

  /** What was looked at before the chat was taken counts as read only now, to its consumer. */
  private newlyOwned(row: Row): boolean {
    if (row.state !== 'human' || row.agent?.id !== this.current.me?.agent.id) return false
    const taken = `${row.id}:${row.epoch}`
    const before = this.readAs
    this.readAs = taken
    return before !== taken
  }

  /** Change who answers a conversation; true where it was done. A refusal becomes a notice. */
  async move(row: Row, what: string, body: object = {}): Promise<boolean> {
    return this.attempt(async () => this.hold(await this.api.move(row.id, what, { ...body, epoch: row.epoch })), row)
  }

  /** Take the head of the queue, and open it. */
  async claimNext(): Promise<boolean> {
    return this.attempt(async () => {
      const row = await this.api.claimNext()
      this.hold(row)
      await this.open(row)
    })
  }

  /** Send the draft of the open conversation, unless it is empty or nobody would hear it. */
  async send(kind: Kind): Promise<boolean> {
    const chat = this.current.chat
    const text = chat ? this.drafts.get(chat.row.id, kind).trim() : ''
    if (!chat || !text || this.current.connection !== 'open') return false
    this.drafts.set(chat.row.id, kind, '')
    return this.deliver(chat.row.id, kind, text, newId())
  }

  /** Send again what failed, under the same id, so that it cannot be said twice. */
  async retry(clientId: string): Promise<void> {
    const chat = this.current.chat
    const item = chat?.pending.find((pending) => pending.clientId === clientId)
    if (chat && item) await this.deliver(chat.row.id, item.kind, item.text, clientId)
  }

  async setPresence(presence: Presence): Promise<void> {
    await this.attempt(async () => this.agentIs(await this.api.presence(presence)))
  }

  /** Do something; a refusal becomes a notice and the answer false. */
  async attempt(act: () => Promise<void>, row?: Row): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      if (!(error instanceof DeskRefusal)) throw error
      this.refused(error, row)
      return false
    }
  }

  dismiss(): void {
    this.change({ notice: null })
  }

  private async deliver(id: string, kind: Kind, text: string, clientId: string): Promise<boolean> {
    this.editChat(id, (chat) => withPending(chat, { clientId, kind, text, state: 'sending' }))
    try {
      const line = await (kind === 'note' ? this.api.note(id, text, clientId) : this.api.say(id, text, clientId))
      this.editChat(id, (chat) => withLine(withoutPending(chat, clientId), line))
      return true
    } catch (error) {
      if (!(error instanceof DeskRefusal)) throw error
      this.undelivered(id, kind, text, clientId, error)
      return false
    }
  }

  /** What was certainly not stored goes back to the draft; what may have been waits for a retry. */
  private undelivered(id: string, kind: Kind, text: string, clientId: string, error: DeskRefusal): void {
    if (error.status === 0 || error.status >= 500) {
      this.editChat(id, (chat) => withPending(chat, { clientId, kind, text, state: 'failed' }))
      return
    }
    this.editChat(id, (chat) => withoutPending(chat, clientId))
    const since = this.drafts.get(id, kind)
    this.drafts.set(id, kind, since ? `${text}\n${since}` : text)
    this.refused(error)
  }

  private async load(id: string): Promise<void> {
    await this.attempt(async () => {
      const whole = await this.api.conversation(id)
      this.editChat(id, (chat) => withWhole(chat, whole))
      this.watch()
      await this.seen()
    })
  }

  private watch(): void {
    const chat = this.current.chat
    if (!chat?.loaded) return
    this.stream.say({
      type: 'watch',
      conversation_id: chat.row.id,
      after_seq: lastSeq(chat),
      after_epoch: lastEpoch(chat),
    })
  }

  private take(frame: Frame): void {
    this.current = { ...this.current, heardAt: this.now() }
    if (frame.type === 'hello') {
      this.ahead = Date.parse(frame.at) - this.now()
      // The time as it is written there, taken for UTC, is ahead by the zone's offset.
      this.zoneMs = Date.parse(`${frame.at.slice(0, 19)}Z`) - Date.parse(`${frame.at.slice(0, 19)}${frame.at.slice(-6)}`)
      this.agentIs(frame.agent)
    } else if (frame.type === 'snapshot') this.snapshotCame(frame)
    else if (frame.type === 'conversation') this.rowCame(frame)
    else if (frame.type === 'counts') this.change({ counts: frame })
    else if (frame.type === 'message') this.lineCame(frame)
    else if (frame.type === 'move') this.editChat(frame.conversation_id, (chat) => withMove(chat, frame.move))
    else if (frame.type === 'typing') this.typing(frame.conversation_id, frame.on)
  }

  private snapshotCame(frame: Frame & { type: 'snapshot' }): void {
    for (const row of frame.conversations) this.rows.set(row.id, row)
    this.change({ lists: withSnapshot(this.current.lists, frame.list, frame.conversations) })
    const open = frame.conversations.find((row) => row.id === this.current.chat?.row.id)
    if (open) this.editChat(open.id, (chat) => withChatRow(chat, open))
  }

  private rowCame({ conversation: row, lists: within }: Frame & { type: 'conversation' }): void {
    const before = this.rows.get(row.id)
    if (before && before.epoch > row.epoch) return
    this.rows.set(row.id, row)
    this.change({ lists: withRow(this.current.lists, row, within) })
    this.editChat(row.id, (chat) => withChatRow(chat, row))
    this.look(row.id)
    if (row.state !== 'queued' && this.current.notice?.row?.id === row.id) this.dismiss()
    const own = this.current.me?.agent.id
    if (row.state === 'queued' && before?.state !== 'queued') this.tell({ kind: 'arrived', row })
    else if (before?.agent?.id === own && row.state === 'human' && row.agent?.id !== own) this.tell({ kind: 'lost_chat', row })
  }

  private lineCame(frame: Frame & { type: 'message' }): void {
    const { conversation_id: id, message } = frame
    this.editChat(id, (chat) => {
      const typing = chat.typing && message.from !== 'consumer'
      return withLine({ ...chat, typing }, message)
    })
  }

  /** Lines of the open conversation count as read while somebody looks. */
  private look(id: string): void {
    if (this.current.chat?.row.id === id && globalThis.document?.visibilityState === 'visible') void this.seen()
  }

  private typing(id: string, on: boolean): void {
    clearTimeout(this.typingTimer)
    this.editChat(id, (chat) => ({ ...chat, typing: on }))
    if (on) this.typingTimer = setTimeout(() => this.typing(id, false), TYPING_LIMIT_MS)
  }

  private connected(connection: Connection): void {
    this.change({ connection })
    if (connection !== 'open') return
    this.stream.say({ type: 'lists', lists: LISTS })
    this.watch()
  }

  /** What a call answered is as good as what the socket will tell. */
  private hold(row: Row): void {
    const own = this.current.me?.agent.id
    const within = row.state === 'human' ? (row.agent?.id === own ? ['mine' as const] : []) : []
    const listed = row.state === 'queued' || row.state === 'bot' ? [row.state] : within
    this.rows.set(row.id, row)
    this.change({ lists: withRow(this.current.lists, row, listed) })
    this.editChat(row.id, (chat) => withChatRow(chat, row))
    this.look(row.id)
  }

  private refused(error: DeskRefusal, row?: Row): void {
    if (error.status === UNAUTHORISED) return this.signedOut()
    const kind = error.status === 0 ? 'failed' : error.code === 'conversation_taken' ? 'taken' : 'refused'
    this.tell({ kind, problem: error.problem, ...(row && { row }) })
    // What the page shows is behind: read it anew.
    const open = this.current.chat?.row
    if (error.status === CONFLICT && open) void this.load(open.id)
  }

  private tell(notice: Omit<Notice, 'id'>): void {
    this.notices += 1
    this.change({ notice: { ...notice, id: this.notices } })
  }

  private agentIs(agent: Agent): void {
    const me = this.current.me
    if (me) this.change({ me: { ...me, agent } })
  }

  private signedOut(): void {
    this.stop()
    this.rows.clear()
    this.change({ ...NOTHING, phase: 'signed_out' })
  }

  private editChat(id: string, edit: (chat: Chat) => Chat): void {
    const chat = this.current.chat
    if (chat?.row.id === id) this.change({ chat: edit(chat) })
  }

  private change(part: Partial<Snapshot>): void {
    this.current = { ...this.current, ...part }
    for (const listener of this.listeners) listener(this.current)
  }
}
