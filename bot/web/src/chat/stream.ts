/** What a server tells: a WebSocket that comes back by itself. */

export type Connection = 'connecting' | 'open' | 'lost'

/** What is used of a WebSocket. */
export type Socket = Pick<WebSocket, 'onopen' | 'onmessage' | 'onclose' | 'close' | 'send'>

export interface StreamEvents<Frame> {
  /** Read what came; null where it is none of ours. */
  read(data: unknown): Frame | null
  frame(frame: Frame): void
  connection(connection: Connection): void
  /** The server will not have this token again; the stream has stopped. */
  refused(): void
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
const REFUSALS: readonly number[] = [1008, 4401, 4403]

export class EventStream<Frame> {
  private socket: Socket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private running = false
  private opened = false

  /** `url` is asked anew at each attempt, so that it can say how far the page has read. */
  constructor(
    private readonly url: () => string,
    private readonly events: StreamEvents<Frame>,
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

  /** Say something where the socket is open; what is said meanwhile is lost. */
  say(frame: object): void {
    if (this.opened) this.socket?.send(JSON.stringify(frame))
  }

  private connect(): void {
    this.drop()
    const socket = this.open(this.url())
    this.socket = socket
    socket.onopen = () => {
      this.opened = true
      this.events.connection('open')
    }
    socket.onmessage = (event) => this.read(event.data)
    socket.onclose = (event) => this.closed(event.code)
  }

  private read(data: unknown): void {
    const frame = this.events.read(data)
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
    this.opened = false
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
