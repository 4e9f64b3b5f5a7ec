import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Fetch } from '../src/chat/api'
import { DeskApi } from '../src/desk/api'
import { begun, hand, timeline, withLine, withMove, withWhole } from '../src/desk/chat'
import { Desk } from '../src/desk/desk'
import { Drafts } from '../src/desk/drafts'
import { clock, NO_LISTS, urgency, waited, withRow, withSnapshot } from '../src/desk/lists'
import { rated } from '../src/desk/rated'
import { type Frame, type Line, type Move, readFrame, type Row } from '../src/desk/wire'
import { MemoryStorage, Sockets } from './support'

const NOW = Date.parse('2026-11-20T10:00:00+08:00')

function row(id: string, more: Partial<Row> = {}): Row {
  return {
    id, case_no: 1, state: 'queued', epoch: 1, channel: 'web', name: '李**', agent: null, reason: null, priority: 2,
    opened_at: '2026-11-20T09:50:00+08:00', queued_at: '2026-11-20T09:58:00+08:00', deadline_at: null,
    waiting_since: '2026-11-20T09:58:00+08:00', position: 1, last_seq: 1, unread: 1, last_message: null, appliance: null,
    visit_day: null, disposition: null, summary: null, closed_at: null, read_seq: 0, rating: null, ...more,
  }
}

const ME = { id: 'a1', alias: '小王' }
const agent = { ...ME, login: 'w', name: '王芳', role: 'agent', presence: 'online', chats: 0, max_chats: 5 }

const line = (seq: number, more: Partial<Line> = {}): Line => ({
  id: `m${seq}`, seq, at: '2026-11-20T10:00:00+08:00', from: 'consumer', visibility: 'public', text: `第${seq}行`, ...more,
})

const moved = (epoch: number, seq: number): Move => ({
  epoch, seq, at: '2026-11-20T10:00:00+08:00', command: 'hand_over', from: 'bot', to: 'queued', reason: null,
  actor: { kind: 'bot' }, agent: null,
})

describe('lists', () => {
  it('puts danger first and then the longest wait', () => {
    const rows = [
      row('b', { queued_at: '2026-11-20T09:59:00+08:00' }),
      row('a', { queued_at: '2026-11-20T09:57:00+08:00' }),
      row('gas', { priority: 0, queued_at: '2026-11-20T09:59:30+08:00' }),
    ]
    expect(withSnapshot(NO_LISTS, 'queued', rows).queued.map(({ id }) => id)).toEqual(['gas', 'a', 'b'])
  })

  it('moves a row between lists, and drops one that is in none', () => {
    let lists = withSnapshot(NO_LISTS, 'queued', [row('a')])
    lists = withRow(lists, row('a', { epoch: 2, state: 'human', agent: ME }), ['mine'])
    expect([lists.queued.length, lists.mine.length]).toEqual([0, 1])
    expect(withRow(lists, row('a', { epoch: 3, state: 'closed' }), []).mine).toEqual([])
  })

  it('ignores a row that is older than the one held', () => {
    const lists = withSnapshot(NO_LISTS, 'mine', [row('a', { epoch: 5 })])
    expect(withRow(lists, row('a', { epoch: 4 }), ['queued'])).toBe(lists)
  })

  it.each<[number, string]>([[0, '0:00'], [65, '1:05'], [3600 + 125, '1:02:05']])('writes %d seconds as %s', (seconds, text) => {
    expect(clock(seconds)).toBe(text)
  })

  it('counts a wait from the moment of queueing and never backwards', () => {
    expect(waited(row('a'), NOW)).toBe(120)
    expect(waited(row('a'), NOW - 600_000)).toBe(0)
    expect(waited(row('a', { state: 'human', waiting_since: null }), NOW)).toBeNull()
    expect([99, 100, 179, 180].map((seconds) => urgency(seconds, 100, 180))).toEqual(['calm', 'slow', 'slow', 'late'])
  })
})

describe('a conversation', () => {
  it('keeps lines in order of seq, once each, however they come', () => {
    const chat = [3, 1, 2, 3, 1].reduce((held, seq) => withLine(held, line(seq)), begun(row('a')))
    expect(chat.lines.map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it('sets a move behind the line that it followed', () => {
    let chat = withWhole(begun(row('a')), { conversation: row('a'), messages: [line(1), line(2)], moves: [], cases: [] })
    chat = withMove(withMove(chat, moved(2, 1)), moved(3, 2))
    const shown = timeline(chat).map((item) => ('line' in item ? item.line.seq : `move ${item.move.epoch}`))
    expect(shown).toEqual([1, 'move 2', 2, 'move 3'])
  })

  it('knows whose it is', () => {
    expect(hand(row('a'), 'a1')).toBe('queued')
    expect(hand(row('a', { state: 'human', agent: ME }), 'a1')).toBe('mine')
    expect(hand(row('a', { state: 'human', agent: ME }), 'a2')).toBe('other')
  })
})

it.each(['', '{', '[]', 'null', '{"type":"later"}'])('a frame that is none of ours is left alone: %s', (data) => {
  expect(readFrame(data)).toBeNull()
})

describe('the desk', () => {
  let sockets: Sockets
  let answers: Record<string, { status: number; body?: unknown } | 'no answer'>
  let posted: { path: string; body: Record<string, unknown> }[]
  let desk: Desk

  const fetch: Fetch = async (url, init) => {
    const path = new URL(url).pathname.replace('/desk/api/', '')
    posted.push({ path, body: JSON.parse(String(init?.body ?? '{}')) })
    const answer = answers[path]
    if (answer === 'no answer') throw new TypeError('Failed to fetch')
    if (!answer) return new Response(null, { status: 204 })
    return new Response(JSON.stringify(answer.body ?? {}), { status: answer.status })
  }
  const push = (frame: Frame) => sockets.last.raw(JSON.stringify(frame))
  const claimed = row('a', { state: 'human', agent: ME, epoch: 2, unread: 0 })

  async function open(): Promise<void> {
    await desk.start()
    sockets.last.accept()
    push({ type: 'hello', agent: agent as never, at: '2026-11-20T10:00:00+08:00' })
    await desk.open(claimed)
  }

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW - 5000 })
    sockets = new Sockets()
    posted = []
    answers = {
      me: { status: 200, body: { agent, heartbeat_seconds: 15, slow_seconds: 100, late_seconds: 180 } },
      texts: { status: 200, body: { reasons: {}, dispositions: [], return_lines: [], commands: {}, facts: [] } },
      'conversations/a': { status: 200, body: { conversation: claimed, messages: [line(1)], moves: [moved(1, 0)], cases: [] } },
    }
    desk = new Desk(new DeskApi('http://shop.example/desk/api/', fetch), {
      drafts: new Drafts(new MemoryStorage()),
      openSocket: sockets.open,
      random: () => 1,
    })
  })

  afterEach(() => {
    desk.stop()
    vi.useRealTimers()
  })

  const sent = () => posted.filter(({ path }) => path === 'conversations/a/messages')

  it('asks who is there and shows the sign-in to a stranger', async () => {
    answers.me = { status: 401, body: { code: 'not_signed_in' } }
    await desk.start()
    expect(desk.snapshot.phase).toBe('signed_out')
    expect(sockets.all).toEqual([])
  })

  it('goes by the server\'s clock', async () => {
    await open()
    expect(desk.serverNow).toBe(NOW)
  })

  it('watches from what it has read, and after a lost connection from what it holds', async () => {
    await open()
    expect(sockets.last.said).toContainEqual({ type: 'watch', conversation_id: 'a', after_seq: 1, after_epoch: 1 })
    push({ type: 'message', conversation_id: 'a', message: line(2) })
    push({ type: 'message', conversation_id: 'a', message: line(2) })
    sockets.last.fail()
    await vi.advanceTimersByTimeAsync(1000)
    sockets.last.accept()
    expect(sockets.last.said).toContainEqual({ type: 'watch', conversation_id: 'a', after_seq: 2, after_epoch: 1 })
    expect(desk.snapshot.chat?.lines.length).toBe(2)
  })

  it('sends a draft once and takes the stored line for it', async () => {
    await open()
    answers['conversations/a/messages'] = { status: 201, body: { message: line(2, { from: 'agent', client_id: 'set below' }) } }
    desk.drafts.set('a', 'reply', ' 您好 ')
    const done = desk.send('reply')
    const id = desk.snapshot.chat?.pending[0]?.clientId
    expect(desk.snapshot.chat?.pending[0]).toMatchObject({ text: '您好', state: 'sending' })
    push({ type: 'message', conversation_id: 'a', message: line(2, { from: 'agent', client_id: id as string }) })
    expect(await done).toBe(true)
    expect(desk.snapshot.chat?.pending).toEqual([])
    expect(desk.snapshot.chat?.lines.length).toBe(2)
    expect(sent().map(({ body }) => body.text)).toEqual(['您好'])
  })

  it('gives the text back to the draft where somebody else has the conversation', async () => {
    await open()
    answers['conversations/a/messages'] = { status: 409, body: { code: 'conversation_taken', owner: { id: 'a2', alias: '小李' } } }
    desk.drafts.set('a', 'reply', '您好')
    expect(await desk.send('reply')).toBe(false)
    expect(desk.drafts.get('a', 'reply')).toBe('您好')
    expect(desk.snapshot.chat?.pending).toEqual([])
    expect(desk.snapshot.notice).toMatchObject({ kind: 'taken', problem: { owner: { alias: '小李' } } })
  })

  it('keeps what may have arrived, and sends it again under the same id', async () => {
    await open()
    answers['conversations/a/messages'] = 'no answer'
    desk.drafts.set('a', 'reply', '您好')
    await desk.send('reply')
    const item = desk.snapshot.chat?.pending[0]
    expect(item?.state).toBe('failed')
    answers['conversations/a/messages'] = { status: 200, body: { message: line(2, { from: 'agent' }) } }
    await desk.retry(item?.clientId as string)
    expect(desk.snapshot.chat?.pending).toEqual([])
    expect(new Set(sent().map(({ body }) => body.client_id)).size).toBe(1)
  })

  it('does not send into a lost connection', async () => {
    await open()
    sockets.last.fail()
    desk.drafts.set('a', 'reply', '您好')
    expect(await desk.send('reply')).toBe(false)
    expect(desk.drafts.get('a', 'reply')).toBe('您好')
    expect(sent()).toEqual([])
  })

  it('shows at once that another agent has taken the open conversation', async () => {
    await open()
    push({ type: 'snapshot', list: 'mine', conversations: [claimed] })
    const theirs = row('a', { state: 'human', agent: { id: 'a2', alias: '小李' }, epoch: 3 })
    push({ type: 'conversation', conversation: theirs, lists: [] })
    expect(desk.snapshot.chat?.row.agent?.alias).toBe('小李')
    expect(desk.snapshot.lists.mine).toEqual([])
    expect(desk.snapshot.notice?.kind).toBe('lost_chat')
  })

  it('heartbeats as often as the server wants', async () => {
    await open()
    await vi.advanceTimersByTimeAsync(31_000)
    expect(sockets.last.said.filter(({ type }) => type === 'heartbeat').length).toBe(2)
  })

  it('tells that lines were read that were looked at before the chat was taken, once', async () => {
    await open()
    const reads = () => posted.filter(({ path }) => path.endsWith('/read')).length
    const before = reads()
    push({ type: 'conversation', conversation: { ...claimed, epoch: 9 }, lists: ['mine'] })
    push({ type: 'conversation', conversation: { ...claimed, epoch: 9 }, lists: ['mine'] })
    expect(reads()).toBe(before + 1)
    push({ type: 'conversation', conversation: { ...claimed, epoch: 10, agent: { id: 'a2', alias: '小李' } }, lists: [] })
    expect(reads()).toBe(before + 1)
  })

  it.each([
    ['2026-11-20T23:30:00+08:00', '2026-11-20', '2026-11-13'],
    ['2026-11-20T00:30:00.250000+08:00', '2026-11-20', '2026-11-13'],
    ['2026-11-20T20:00:00-05:00', '2026-11-20', '2026-11-13'],
  ])("counts days as the server writes them: %s", async (at, today, week) => {
    await open()
    push({ type: 'hello', agent: agent as never, at })
    expect([desk.day(0), desk.day(7)]).toEqual([today, week])
  })

  it('goes to the sign-in when the session is over', async () => {
    await open()
    sockets.last.fail(4401)
    expect(desk.snapshot.phase).toBe('signed_out')
    expect(desk.snapshot.chat).toBeNull()
  })
})

it('says a rating in one line', () => {
  expect(rated(null)).toBe('未评价')
  expect(rated({ stars: 4 })).toBe('评分 4 星')
  expect(rated({ stars: 2, resolved: false, reason: '没来' })).toBe('评分 2 星 · 未解决 · 没来')
})

describe('drafts', () => {
  it('are kept by conversation and kind, over a reload, until they are sent', () => {
    const storage = new MemoryStorage()
    const drafts = new Drafts(storage)
    drafts.set('a', 'reply', '您好')
    drafts.set('a', 'note', '备注')
    const later = new Drafts(storage)
    expect([later.get('a', 'reply'), later.get('a', 'note'), later.get('b', 'reply')]).toEqual(['您好', '备注', ''])
    later.clear()
    expect(new Drafts(storage).get('a', 'reply')).toBe('')
  })
})
