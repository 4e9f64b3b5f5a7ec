/** One consumer's chat with the server, free of any user interface. */

import { CallFailed, type ChatApi } from './api'
import { newId } from './ids'
import { Keep } from './keep'
import { Outbox } from './outbox'
import { type Connection, EventStream, type Socket } from './stream'
import { type Entries, withDelivery, withMessage, withPending, withReceipt } from './timeline'
import {
  type Button, type ConversationState, type Frame, type Opinion, type Place, readFrame, type WireMessage,
} from './wire'

/** All that a page needs to draw; a new object at each change. */
export interface Snapshot {
  readonly entries: Entries
  readonly state: ConversationState
  readonly reason: string | null
  /** The name of the person who has the conversation, as consumers know it. */
  readonly agent: string | null
  /** Up to which line a person has read. */
  readonly readSeq: number
  /** The place in the queue for a person, while it is waited for one. */
  readonly place: Place | null
  readonly typing: boolean
  readonly connection: Connection
  /** The history has been read: an empty transcript is now truly empty. */
  readonly settled: boolean
  /** The server no longer knows this session; a new one has to be opened. */
  readonly expired: boolean
}

export interface SessionOptions {
  readonly keep?: Keep
  readonly openSocket?: (url: string) => Socket
  readonly online?: () => boolean
  readonly random?: () => number
  readonly now?: () => number
}

const TYPING_LIMIT_MS = 35_000
/** The desk takes the dots away where nothing is heard for a little longer than this. */
const TYPING_EVERY_MS = 5_000
const SETTLE_MS = 400

const EMPTY: Snapshot = {
  entries: [],
  state: 'bot',
  reason: null,
  agent: null,
  readSeq: 0,
  place: null,
  typing: false,
  connection: 'connecting',
  settled: false,
  expired: false,
}

export class ChatSession {
  private current = EMPTY
  private readonly listeners = new Set<(snapshot: Snapshot) => void>()
  private readonly outbox: Outbox
  private readonly stream: EventStream<Frame>
  private readonly now: () => number
  private readonly photos = new Map<string, { photo: Blob; url: string }>()
  private readonly pictures = new Map<string, Promise<string>>()
  private read = 0
  private seenSeq = 0
  private typedAt = 0
  private typingTimer: ReturnType<typeof setTimeout> | undefined
  private settleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly api: ChatApi,
    private readonly token: string,
    options: SessionOptions = {},
  ) {
    const keep = options.keep ?? new Keep(null)
    this.now = options.now ?? Date.now
    this.outbox = new Outbox(
      (text, messageId) => api.send(token, text, messageId),
      {
        sending: (id) => this.edit(withDelivery(this.current.entries, id, 'sending')),
        stored: (id, receipt) => this.edit(withReceipt(this.current.entries, id, receipt)),
        failed: (id) => this.edit(withDelivery(this.current.entries, id, 'failed')),
        refused: () => this.expire(),
      },
      keep,
      options.online,
    )
    this.stream = new EventStream(
      () => api.eventsUrl(token, this.read),
      {
        read: readFrame,
        frame: (frame) => this.take(frame),
        connection: (connection) => this.connected(connection),
        refused: () => this.expire(),
      },
      options.openSocket,
      options.random,
    )
  }

  get snapshot(): Snapshot {
    return this.current
  }

  /** Hear of every change; the answer ends it. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Read the history, follow the chat, and send what an earlier page left unsent. */
  start(): void {
    for (const item of this.outbox.waiting) {
      const entries = withPending(this.current.entries, item.messageId, item.shown)
      this.edit(item.failed ? withDelivery(entries, item.messageId, 'failed') : entries)
    }
    this.stream.start()
    void this.outbox.pump()
  }

  stop(): void {
    this.stream.stop()
    this.outbox.stop()
    this.listeners.clear()
    for (const { url } of this.photos.values()) URL.revokeObjectURL(url)
    for (const picture of this.pictures.values()) void picture.then((url) => URL.revokeObjectURL(url), () => undefined)
    clearTimeout(this.typingTimer)
    clearTimeout(this.settleTimer)
  }

  /** Send a text; it is shown at once. A blank one is not sent. */
  send(text: string): void {
    const words = text.trim()
    if (words) this.post(words, words)
  }

  /** Press a button: its payload is sent, its title shown. */
  choose(button: Button): void {
    this.post(button.payload, button.title)
  }

  /** Give stars and what goes with them; false where they did not arrive. */
  async rate(stars: Button, opinion: Opinion): Promise<boolean> {
    try {
      await this.api.rate(this.token, stars.payload, opinion, `rate-${stars.payload}`)
      return true
    } catch (error) {
      if (error instanceof CallFailed && error.status === 401) this.expire()
      return false
    }
  }

  /** What is shown has been seen; only what a person said is worth telling. */
  seen(): void {
    const said = this.current.entries.filter((entry) => entry.from === 'agent')
    const seq = said.length > 0 ? (said[said.length - 1]?.seq ?? 0) : 0
    if (seq <= this.seenSeq) return
    const before = this.seenSeq
    this.seenSeq = seq
    this.api.read(this.token, seq).catch(() => (this.seenSeq = before))
  }

  /** The consumer writes; a person who has the chat, or is to have it, is told so now and then. */
  writes(): void {
    if (this.current.state !== 'human' || this.now() - this.typedAt < TYPING_EVERY_MS) return
    this.typedAt = this.now()
    this.api.typing(this.token, true).catch(() => undefined)
  }

  /** Send a photo, which is shown at once as `words`; it does not outlive a reload unsent. */
  sendPhoto(photo: Blob, words: string): void {
    const messageId = newId()
    const url = URL.createObjectURL(photo)
    this.photos.set(messageId, { photo, url })
    this.edit(withPending(this.current.entries, messageId, words, { id: null, url }))
    void this.deliverPhoto(messageId)
  }

  /** The picture of a stored photo, as an address that the page may show. Throws CallFailed. */
  async photoUrl(id: string): Promise<string> {
    const known = this.pictures.get(id) ?? this.api.photo(this.token, id).then((blob) => URL.createObjectURL(blob))
    this.pictures.set(id, known)
    known.catch(() => this.pictures.delete(id))
    return known
  }

  /** Send a failed message again; `key` is its entry's. */
  retry(key: string): void {
    if (this.photos.has(key)) {
      this.edit(withDelivery(this.current.entries, key, 'sending'))
      void this.deliverPhoto(key)
      return
    }
    this.outbox.retry(key)
    this.stream.hurry()
  }

  /** The browser says that the network went or came. */
  networkChanged(online: boolean): void {
    if (online) this.stream.hurry()
    else this.stream.cut()
  }

  private post(body: string, shown: string): void {
    const messageId = newId()
    this.edit(withPending(this.current.entries, messageId, shown))
    this.outbox.add(messageId, body, shown)
  }

  private async deliverPhoto(messageId: string): Promise<void> {
    const item = this.photos.get(messageId)
    if (!item) return
    try {
      const receipt = await this.api.sendPhoto(this.token, item.photo, messageId)
      this.photos.delete(messageId)
      this.edit(withReceipt(this.current.entries, messageId, receipt))
    } catch (error) {
      if (error instanceof CallFailed && error.status === 401) this.expire()
      this.edit(withDelivery(this.current.entries, messageId, 'failed'))
    }
  }

  private take(frame: Frame): void {
    if (frame.type === 'typing') this.typing(frame.on)
    else if (frame.type === 'message') this.receive(frame.message)
    else if (frame.type === 'read') this.change({ readSeq: Math.max(this.current.readSeq, frame.seq) })
    else if (frame.type === 'queue') {
      const { position, minutes, opens } = frame
      this.change({ place: { position, minutes, opens } })
    } else {
      this.typing(false)
      this.settle()
      const place = frame.state === 'queued' ? this.current.place : null
      this.change({ state: frame.state, reason: frame.reason ?? null, agent: frame.agent ?? null, place })
    }
  }

  private receive(message: WireMessage): void {
    // Only the stream counts as read: a receipt may run ahead of lines that are still to come.
    this.read = Math.max(this.read, message.seq)
    if (message.from !== 'consumer') this.typing(false)
    if (!message.text && !message.buttons?.length && !message.custom) return
    const waiting = new Set(this.outbox.waiting.map((item) => item.messageId))
    const entries = withMessage(this.current.entries, message)
    const adopted = entries.find((entry) => entry.id === String(message.id))?.key
    if (adopted && waiting.has(adopted)) this.outbox.settle(adopted)
    this.edit(entries)
  }

  private typing(on: boolean): void {
    clearTimeout(this.typingTimer)
    if (on) this.typingTimer = setTimeout(() => this.change({ typing: false }), TYPING_LIMIT_MS)
    if (on !== this.current.typing) this.change({ typing: on })
  }

  private connected(connection: Connection): void {
    if (connection === 'open') {
      this.settleTimer = setTimeout(() => this.settle(), SETTLE_MS)
      void this.outbox.pump()
    } else this.typing(false)
    this.change({ connection })
    if (connection === 'lost') void this.askWhy()
  }

  private async askWhy(): Promise<void> {
    if (!(await this.api.accepts(this.token))) this.expire()
  }

  private settle(): void {
    clearTimeout(this.settleTimer)
    if (!this.current.settled) this.change({ settled: true })
  }

  private expire(): void {
    this.stream.stop()
    this.change({ expired: true, typing: false })
  }

  private edit(entries: Entries): void {
    if (entries !== this.current.entries) this.change({ entries })
  }

  private change(part: Partial<Snapshot>): void {
    this.current = { ...this.current, ...part }
    for (const listener of this.listeners) listener(this.current)
  }
}
