/** The events of one session: a WebSocket that comes back by itself. */

import { type Frame, readFrame } from './wire'

export type Connection = 'connecting' | 'open' | 'lost'

/** What is used of a WebSocket. */
export type Socket = Pick<WebSocket, 'onopen' | 'onmessage' | 'onclose' | 'close'>

export interface StreamEvents {
  frame(frame: Frame): void
  connection(connection: Connection): void
  /** The server will not have this token again; the stream has stopped. */
  refused(): void
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
const REFUSALS: readonly number[] = [1008, 4401, 4403]

export class EventStream {
  private socket: Socket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private running = false

  /** `url` is asked anew at each attempt, so that it can say how far the page has read. */
  constructor(
    private readonly url: () => string,
    private readonly events: StreamEvents,
    private readonly open: (url: string) => Socket = (address) => new WebSocket(address),
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    this.running = true
    this.connect()
  }

  stop(): void {
    this.running = false
    this.drop()
  }

  /** The network has gone: do not wait for the socket to notice. */
  cut(): void {
    if (!this.running) return
    this.drop()
    this.events.connection('lost')
    // Browsers are sometimes wrong about being offline.
    this.timer = setTimeout(() => this.connect(), LONGEST_WAIT_MS)
  }

  /** The network may be back: try now, not when the wait is over. */
  hurry(): void {
    if (!this.running || this.socket) return
    this.failures = 0
    this.connect()
  }

  private connect(): void {
    this.drop()
    const socket = this.open(this.url())
    this.socket = socket
    socket.onopen = () => this.events.connection('open')
    socket.onmessage = (event) => this.read(event.data)
    socket.onclose = (event) => this.closed(event.code)
  }

  private read(data: unknown): void {
    const frame = readFrame(data)
    if (!frame) return
    this.failures = 0
    this.events.frame(frame)
  }

  private closed(code: number): void {
    this.drop()
    if (REFUSALS.includes(code)) {
      this.running = false
      this.events.refused()
      return
    }
    this.events.connection(this.failures === 0 ? 'connecting' : 'lost')
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures)
    this.failures += 1
    this.timer = setTimeout(() => this.connect(), wait * (0.5 + this.random() / 2))
  }

  private drop(): void {
    clearTimeout(this.timer)
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
