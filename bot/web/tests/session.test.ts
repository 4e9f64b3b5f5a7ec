import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { Keep } from '../src/chat/keep'
import { ChatSession } from '../src/chat/session'
import { type Frame, readFrame } from '../src/chat/wire'
import { FakeHttp, MemoryStorage, message, Sockets } from './support'

let http: FakeHttp
let sockets: Sockets
let storage: MemoryStorage
let online: boolean
let session: ChatSession

function begin(): ChatSession {
  session = new ChatSession(http.api, 'secret', {
    keep: new Keep(storage),
    openSocket: sockets.open,
    online: () => online,
    random: () => 1,
  })
  session.start()
  return session
}

const lines = () => session.snapshot.entries.map((entry) => `${entry.from}:${entry.text}:${entry.delivery}`)
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
const state = (name: 'bot' | 'queued' | 'human' | 'closed'): Frame => ({ type: 'state', state: name })

beforeEach(() => {
  vi.useFakeTimers()
  http = new FakeHttp()
  sockets = new Sockets()
  storage = new MemoryStorage()
  online = true
})

afterEach(() => {
  session.stop()
  vi.useRealTimers()
})

describe('sending', () => {
  it('shows the text at once and marks it delivered when the server has it', async () => {
    begin().send('  我的空调到哪了 ')
    expect(lines()).toEqual(['consumer:我的空调到哪了:sending'])
    await pass()
    expect(lines()).toEqual(['consumer:我的空调到哪了:delivered'])
    expect(http.posted[0]).toMatchObject({
      url: 'http://shop.example/help/chat/messages',
      token: 'Bearer secret',
      body: { text: '我的空调到哪了' },
    })
  })

  it('does not send a blank', async () => {
    begin().send(' \n ')
    await pass()
    expect(http.posted).toEqual([])
    expect(lines()).toEqual([])
  })

  it('sends one after the other, in order', async () => {
    begin().send('一')
    session.send('二')
    expect(http.posted).toHaveLength(1)
    await pass()
    expect(http.posted.map((post) => post.body.text)).toEqual(['一', '二'])
  })

  it('sends a button as its payload and shows its title', async () => {
    begin().choose({ title: '周六上午', payload: 'btn_9' })
    await pass()
    expect(http.posted[0]?.body.text).toBe('btn_9')
    expect(lines()).toEqual(['consumer:周六上午:delivered'])
  })

  it('tries again by itself under the same id', async () => {
    http.answers.push('no answer', { status: 503 })
    begin().send('在吗')
    await pass(10_000)
    expect(lines()).toEqual(['consumer:在吗:delivered'])
    expect(new Set(http.posted.map((post) => post.body.message_id)).size).toBe(1)
    expect(http.posted).toHaveLength(3)
  })

  it('gives up after three tries, and can be told to send again', async () => {
    http.answers.push('no answer', 'no answer', 'no answer')
    begin().send('在吗')
    await pass(10_000)
    expect(lines()).toEqual(['consumer:在吗:failed'])
    session.retry(session.snapshot.entries[0]?.key as string)
    expect(lines()).toEqual(['consumer:在吗:sending'])
    await pass()
    expect(lines()).toEqual(['consumer:在吗:delivered'])
    expect(new Set(http.posted.map((post) => post.body.message_id)).size).toBe(1)
  })

  it('does not repeat what the server refused', async () => {
    http.answers.push({ status: 422 })
    begin().send('坏')
    await pass(60_000)
    expect(http.posted).toHaveLength(1)
    expect(lines()).toEqual(['consumer:坏:failed'])
  })

  it('fails at once when offline, and does not hold back what follows', async () => {
    online = false
    http.answers.push('no answer')
    begin().send('一')
    session.send('二')
    await pass()
    expect(lines().sort()).toEqual(['consumer:一:failed', 'consumer:二:delivered'])
  })

  it('counts a message whose receipt got lost as delivered when the stream shows it', async () => {
    http.answers.push('no answer')
    begin().send('在吗')
    sockets.last.accept(message(1, 'consumer', '在吗'))
    await pass(60_000)
    expect(lines()).toEqual(['consumer:在吗:delivered'])
    expect(http.posted).toHaveLength(1)
  })

  it('expires when the token is no longer good', async () => {
    http.answers.push({ status: 401 })
    begin().send('在吗')
    await pass()
    expect(session.snapshot.expired).toBe(true)
    expect(lines()).toEqual(['consumer:在吗:failed'])
  })
})

describe('reload', () => {
  it('sends what the earlier page left, under the same id, and keeps failures to retry', async () => {
    http.answers.push({ status: 422 })
    begin().send('坏')
    await pass()
    session.send('好')
    session.stop()
    const id = http.posted[1]?.body.message_id
    begin()
    expect(lines()).toEqual(['consumer:坏:failed', 'consumer:好:sending'])
    await pass()
    expect(http.posted.filter((post) => post.body.message_id === id)).toHaveLength(2)
    expect(lines()).toContain('consumer:好:delivered')
  })

  it('reads the whole history', () => {
    begin()
    expect(sockets.last.afterSeq).toBe(0)
    sockets.last.accept(message(1, 'consumer', '你好'), message(2, 'bot', '您好'))
    expect(lines()).toEqual(['consumer:你好:delivered', 'bot:您好:delivered'])
  })

  it('works where the browser forbids storage', async () => {
    storage.setItem = () => {
      throw new DOMException('denied', 'SecurityError')
    }
    begin().send('在吗')
    await pass()
    expect(lines()).toEqual(['consumer:在吗:delivered'])
  })
})

describe('the stream', () => {
  it('passes the token and how far it has read', () => {
    begin()
    sockets.last.accept(message(4, 'bot', '您好'))
    sockets.last.fail()
    session.networkChanged(true)
    expect(sockets.last.url).toBe('ws://shop.example/help/chat/events?token=secret&after_seq=4')
  })

  it('does not take a receipt for having read the lines before it', async () => {
    begin().send('在吗')
    await pass()
    sockets.last.fail()
    session.networkChanged(true)
    expect(session.snapshot.entries[0]?.seq).toBe(1)
    expect(sockets.last.afterSeq).toBe(0)
  })

  it('waits longer with each failure, up to a limit, and says when it is lost', async () => {
    begin()
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      sockets.last.fail()
      const known = sockets.all.length
      let waited = 0
      while (sockets.all.length === known) {
        await pass(500)
        waited += 500
      }
      waits.push(waited)
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000])
    expect(session.snapshot.connection).toBe('lost')
  })

  it('does not call one short cut a loss', async () => {
    begin()
    sockets.last.accept(state('bot')).fail()
    expect(session.snapshot.connection).toBe('connecting')
    await pass(500)
    sockets.last.accept(state('bot'))
    expect(session.snapshot.connection).toBe('open')
    sockets.last.fail()
    await pass(500)
    expect(sockets.all).toHaveLength(3)
  })

  it('follows the browser offline and online', () => {
    begin()
    sockets.last.accept(state('bot'))
    session.networkChanged(false)
    expect(sockets.last.closed).toBe(true)
    expect(session.snapshot.connection).toBe('lost')
    session.networkChanged(true)
    sockets.last.accept(state('bot'))
    expect(session.snapshot.connection).toBe('open')
  })

  it('comes back even where the browser never says that it is online again', async () => {
    begin()
    sockets.last.accept(state('bot'))
    session.networkChanged(false)
    await pass(15_000)
    expect(sockets.all).toHaveLength(2)
  })

  it.each([1008, 4401])('ends with a refused token: %i', async (code) => {
    begin()
    sockets.last.accept().fail(code)
    await pass(60_000)
    expect(session.snapshot.expired).toBe(true)
    expect(sockets.all).toHaveLength(1)
  })

  it('asks why it cannot connect, and expires with a token that is not known', async () => {
    begin()
    http.answers.push({ status: 400 }, { status: 401 })
    sockets.last.fail()
    expect(http.posted).toEqual([])
    await pass(500)
    sockets.last.fail()
    await pass()
    expect(session.snapshot.expired).toBe(false)
    await pass(1000)
    sockets.last.fail()
    await pass()
    expect(session.snapshot.expired).toBe(true)
    expect(http.posted[0]?.url).toBe('http://shop.example/help/chat/events?token=secret')
    await pass(60_000)
    expect(sockets.all).toHaveLength(3)
  })

  it('is the same transcript wherever it is cut', async () => {
    const recorded: Frame[] = [
      message(1, 'consumer', '我要改约'),
      { type: 'typing', on: true },
      message(2, 'bot', '请选择', ['上午', '下午']),
      message(3, 'consumer', '上午'),
      state('queued'),
      message(4, 'system', '已转人工'),
      state('human'),
      message(5, 'agent', '您好'),
    ]
    const upTo = (count: number) => recorded.slice(0, count).flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []))
    for (let cut = 0; cut <= recorded.length; cut++) {
      sockets = new Sockets()
      begin()
      sockets.last.accept(...recorded.slice(0, cut)).fail()
      await pass(500)
      expect(sockets.last.afterSeq).toBe(Math.max(0, ...upTo(cut)))
      const after = sockets.last.afterSeq
      const rest = recorded.filter((frame) => frame.type === 'message' && frame.message.seq > after)
      sockets.last.accept(...rest, state('human'))
      expect(session.snapshot.entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5])
      expect(session.snapshot).toMatchObject({ state: 'human', typing: false })
      session.stop()
    }
  })

  it('shows no line for a message that only machines read', () => {
    begin()
    sockets.last.accept(message(1, 'bot', ''), message(2, 'bot', '', ['好']))
    expect(session.snapshot.entries.map((entry) => entry.seq)).toEqual([2])
  })

  it('ignores frames it does not know', () => {
    begin()
    sockets.last.accept()
    for (const data of ['nonsense', '[]', 'null', '{"type":"news"}', '{"type":"state","state":"asleep"}', new ArrayBuffer(2)]) {
      sockets.last.raw(data)
    }
    sockets.last.raw('{"type":"message","message":{"id":"m1","text":"no seq","from":"bot"}}')
    expect(lines()).toEqual([])
    expect(readFrame('{"type":"typing"}')).toEqual({ type: 'typing', on: false })
  })

  it('is silent once stopped', async () => {
    begin()
    const seen = vi.fn()
    session.subscribe(seen)
    session.stop()
    expect(sockets.last.closed).toBe(true)
    await pass(60_000)
    expect(sockets.all).toHaveLength(1)
    expect(seen).not.toHaveBeenCalled()
  })
})

describe('settling', () => {
  it('comes with the state, or soon after the socket opened', async () => {
    begin()
    expect(session.snapshot.settled).toBe(false)
    sockets.last.accept(state('bot'))
    expect(session.snapshot.settled).toBe(true)
    session.stop()
    begin()
    sockets.last.accept()
    await pass(400)
    expect(session.snapshot.settled).toBe(true)
  })
})

describe('typing', () => {
  beforeEach(() => {
    begin()
    sockets.last.accept(state('bot'), { type: 'typing', on: true })
    expect(session.snapshot.typing).toBe(true)
  })

  it.each<[string, Frame]>([
    ['when told', { type: 'typing', on: false }],
    ['with the answer', message(1, 'bot', '好')],
    ['when somebody else takes over', state('queued')],
  ])('stops %s', (_when, frame) => {
    sockets.last.push(frame)
    expect(session.snapshot.typing).toBe(false)
  })

  it('goes on while the consumer\'s own line arrives', () => {
    sockets.last.push(message(1, 'consumer', '在吗'))
    expect(session.snapshot.typing).toBe(true)
  })

  it('stops when the connection goes', () => {
    sockets.last.fail()
    expect(session.snapshot.typing).toBe(false)
  })

  it('times out', async () => {
    await pass(35_000)
    expect(session.snapshot.typing).toBe(false)
  })
})

describe('waiting for a person', () => {
  it('knows the place in the queue as long as it waits', () => {
    begin()
    sockets.last.accept(state('queued'), { type: 'queue', position: 3, minutes: 6, opens: null })
    expect(session.snapshot.place).toEqual({ position: 3, minutes: 6, opens: null })
    sockets.last.push({ type: 'queue', position: 2, minutes: 4, opens: null })
    expect(session.snapshot.place?.position).toBe(2)
    sockets.last.push(state('human'))
    expect(session.snapshot.place).toBeNull()
  })
})

describe('being seen', () => {
  const posts = (path: string) => http.posted.filter(({ url }) => url.endsWith(path)).map(({ body }) => body)

  it('tells once how far a person has been read, and nothing of the bot', async () => {
    begin()
    sockets.last.accept(message(1, 'bot', '您好'))
    session.seen()
    expect(posts('chat/read')).toEqual([])
    sockets.last.push(message(2, 'agent', '我是小王'))
    session.seen()
    session.seen()
    await pass()
    expect(posts('chat/read')).toEqual([{ seq: 2 }])
  })

  it('tells it again where it did not arrive', async () => {
    begin()
    sockets.last.accept(message(1, 'agent', '您好'))
    http.answers.push('no answer')
    session.seen()
    await pass()
    session.seen()
    await pass()
    expect(posts('chat/read')).toHaveLength(2)
  })

  it('tells a person now and then that the consumer writes, and the bot never', async () => {
    begin()
    sockets.last.accept(state('bot'))
    session.writes()
    sockets.last.push(state('human'))
    session.writes()
    session.writes()
    await pass(5_000)
    session.writes()
    expect(posts('chat/typing')).toEqual([{ on: true }, { on: true }])
  })
})

describe('rating', () => {
  const star = { title: '满意', payload: 'btn_4' }

  it('hands stars over with what goes with them, under one id for one question', async () => {
    begin()
    http.answers.push('no answer')
    expect(await session.rate(star, { resolved: null, reason: ' ' })).toBe(false)
    expect(await session.rate(star, { resolved: true, reason: '快' })).toBe(true)
    expect(http.posted.map(({ body }) => body)).toEqual([
      { stars: 'btn_4', message_id: 'rate-btn_4', resolved: null, reason: null },
      { stars: 'btn_4', message_id: 'rate-btn_4', resolved: true, reason: '快' },
    ])
  })
})
