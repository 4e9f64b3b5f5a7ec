import { ChatApi, type Fetch } from '../src/chat/api'
import type { Socket } from '../src/chat/stream'
import type { Frame, WireMessage } from '../src/chat/wire'

/** A WebSocket whose server side is the test. */
export class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  closed = false

  constructor(readonly url: string) {}

  get afterSeq(): number {
    return Number(new URL(this.url).searchParams.get('after_seq'))
  }

  accept(...frames: Frame[]): this {
    this.onopen?.call(this as never, new Event('open'))
    return this.push(...frames)
  }

  push(...frames: Frame[]): this {
    for (const frame of frames) this.raw(JSON.stringify(frame))
    return this
  }

  raw(data: unknown): void {
    this.onmessage?.call(this as never, { data } as MessageEvent)
  }

  fail(code = 1006): void {
    this.onclose?.call(this as never, { code } as CloseEvent)
  }

  readonly said: Record<string, unknown>[] = []

  send(data: unknown): void {
    this.said.push(JSON.parse(String(data)))
  }

  close(): void {
    this.closed = true
  }
}

export class Sockets {
  readonly all: FakeSocket[] = []
  readonly open = (url: string): Socket => {
    const socket = new FakeSocket(url)
    this.all.push(socket)
    return socket
  }

  get last(): FakeSocket {
    return this.all.at(-1) as FakeSocket
  }
}

interface Posted {
  readonly url: string
  readonly body: { text: string; message_id: string }
  readonly token: string
}

type Answer = { status: number; body?: unknown } | 'no answer'

/** An HTTP server that is told each answer; by default it stores what it gets. */
export class FakeHttp {
  readonly posted: Posted[] = []
  readonly answers: Answer[] = []
  private seq = 0

  readonly fetch: Fetch = async (url, init) => {
    const headers = init?.headers as Record<string, string>
    const body = JSON.parse(String(init?.body ?? '{}'))
    this.posted.push({ url, body, token: headers.Authorization ?? '' })
    const answer = this.answers.shift() ?? this.stored()
    if (answer === 'no answer') throw new TypeError('Failed to fetch')
    return new Response(JSON.stringify(answer.body ?? {}), { status: answer.status })
  }

  get api(): ChatApi {
    return new ChatApi('http://shop.example/help/', this.fetch)
  }

  private stored(): Answer {
    this.seq += 1
    return { status: 202, body: { id: `m${this.seq}`, seq: this.seq } }
  }
}

export function line(seq: number, from: WireMessage['from'], text: string, titles: string[] = []): WireMessage {
  const buttons = titles.map((title) => ({ title, payload: `btn_${seq}_${title}` }))
  return { id: `m${seq}`, seq, at: `2026-11-20T10:0${seq % 10}:00+08:00`, from, text, buttons }
}

export const message = (...args: Parameters<typeof line>): Frame => ({
  type: 'message',
  message: line(...args),
})

export class MemoryStorage implements Storage {
  private readonly map = new Map<string, string>()

  get length(): number {
    return this.map.size
  }

  clear = () => this.map.clear()
  getItem = (key: string) => this.map.get(key) ?? null
  key = (index: number) => [...this.map.keys()][index] ?? null
  removeItem = (key: string) => void this.map.delete(key)
  setItem = (key: string, value: string) => void this.map.set(key, value)
}
