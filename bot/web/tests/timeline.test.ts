import { describe, expect, it } from 'vitest'

import {
  choiceAt,
  type Entries,
  lastUnanswered,
  withDelivery,
  withMessage,
  withPending,
  withReceipt,
} from '../src/chat/timeline'
import { line } from './support'

const build = (...messages: ReturnType<typeof line>[]): Entries => messages.reduce(withMessage, [] as Entries)
const texts = (entries: Entries) => entries.map((entry) => entry.text)

describe('order', () => {
  it('goes by seq, not by arrival', () => {
    expect(texts(build(line(3, 'bot', 'c'), line(1, 'consumer', 'a'), line(2, 'bot', 'b')))).toEqual(['a', 'b', 'c'])
  })

  it('keeps what is unsent at the end, oldest first', () => {
    const unsent = withPending(withPending([], 'x', 'first'), 'y', 'second')
    expect(texts(withMessage(unsent, line(1, 'bot', 'answer')))).toEqual(['answer', 'first', 'second'])
  })
})

describe('duplicates', () => {
  it('takes a message once and leaves the list itself untouched', () => {
    const once = build(line(1, 'bot', 'a'))
    expect(withMessage(once, line(1, 'bot', 'a'))).toBe(once)
  })

  it.each(['receipt first', 'stream first'])('merges an optimistic line, %s', (order) => {
    let entries = withPending([], 'mine', '你好')
    const receive = () => (entries = withMessage(entries, line(1, 'consumer', '你好')))
    const acknowledge = () => (entries = withReceipt(entries, 'mine', { id: 'm1', seq: 1 }))
    for (const step of order === 'receipt first' ? [acknowledge, receive] : [receive, acknowledge]) step()
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({ key: 'mine', id: 'm1', seq: 1, delivery: 'delivered' })
    expect(entries[0]?.at).toBe('2026-11-20T10:01:00+08:00')
  })

  it('drops the optimistic line where the stored one came under another key', () => {
    const entries = withPending(build(line(1, 'consumer', 'stored differently')), 'mine', 'typed')
    expect(texts(withReceipt(entries, 'mine', { id: 'm1', seq: 1 }))).toEqual(['stored differently'])
  })

  it('tells two equal texts apart', () => {
    const two = withPending(withPending([], 'x', '好'), 'y', '好')
    const entries = withMessage(withMessage(two, line(1, 'consumer', '好')), line(2, 'consumer', '好'))
    expect(entries.map((entry) => [entry.key, entry.seq])).toEqual([['x', 1], ['y', 2]])
  })

  it('trusts the message id where the server repeats it', () => {
    const two = withPending(withPending([], 'x', '好'), 'y', '好')
    const entries = withMessage(two, { ...line(1, 'consumer', '好'), message_id: 'y' })
    expect(entries.map((entry) => [entry.key, entry.delivery])).toEqual([['y', 'delivered'], ['x', 'sending']])
  })

  it('never takes an answer for the consumer\'s own line', () => {
    const entries = withMessage(withPending([], 'x', '好'), line(1, 'bot', '好'))
    expect(entries.map((entry) => entry.from)).toEqual(['bot', 'consumer'])
  })
})

describe('delivery', () => {
  it('turns a failed line that did arrive into a delivered one', () => {
    const failed = withDelivery(withPending([], 'x', '好'), 'x', 'failed')
    expect(withMessage(failed, line(1, 'consumer', '好'))[0]).toMatchObject({ key: 'x', delivery: 'delivered' })
  })

  it('does not mark a stored line as failed', () => {
    const stored = withReceipt(withPending([], 'x', '好'), 'x', { id: 'm1', seq: 1 })
    expect(withDelivery(stored, 'x', 'failed')[0]?.delivery).toBe('delivered')
  })
})

describe('buttons', () => {
  const offer = line(1, 'bot', '请选择', ['上午', '下午'])

  it('can be pressed while nothing follows', () => {
    expect(choiceAt(build(offer), 0, 'bot')).toEqual({ frozen: false, chosen: -1 })
  })

  it('stay usable below another line of the same turn', () => {
    expect(choiceAt(build(offer, line(2, 'bot', '也可以直接告诉我')), 0, 'bot').frozen).toBe(false)
  })

  it('freeze with the choice shown once one is used, and after a reload', () => {
    expect(choiceAt(withPending(build(offer), 'x', '下午'), 0, 'bot')).toEqual({ frozen: true, chosen: 1 })
    expect(choiceAt(build(offer, line(2, 'consumer', '下午'), line(3, 'bot', '好的')), 0, 'bot')).toEqual({ frozen: true, chosen: 1 })
  })

  it('freeze without a choice after another text, or newer buttons', () => {
    expect(choiceAt(build(offer, line(2, 'consumer', '都不行')), 0, 'bot')).toEqual({ frozen: true, chosen: -1 })
    expect(choiceAt(build(offer, line(2, 'bot', '改为', ['周日'])), 0, 'bot')).toEqual({ frozen: true, chosen: -1 })
  })

  it('can be pressed again where the press failed', () => {
    const pressed = withDelivery(withPending(build(offer), 'x', '下午'), 'x', 'failed')
    expect(choiceAt(pressed, 0, 'bot').frozen).toBe(false)
  })

  it.each(['queued', 'human'] as const)('freeze when the bot no longer answers: %s', (state) => {
    expect(choiceAt(build(offer), 0, state).frozen).toBe(true)
  })

  it('ask for stars once the chat is closed', () => {
    expect(choiceAt(build(offer), 0, 'closed').frozen).toBe(false)
  })
})

describe('cards and photos', () => {
  it('are read where they are known, and left alone where not', () => {
    const windows = { card: 'windows', windows: [{ start: 'a', end: 'b' }] }
    const customs = [windows, { card: 'later' }, { photo: { id: 'p1' } }, null, 'x']
    const read = customs.map((custom) => withMessage([], { ...line(1, 'bot', '选'), custom })[0])
    expect(read.map((entry) => entry?.card)).toEqual([windows, null, null, null, null])
    expect(read.map((entry) => entry?.photo?.id)).toEqual([undefined, undefined, 'p1', undefined, undefined])
  })

  it('a sent photo keeps its picture when the server has stored it', () => {
    const pending = withPending([], 'key', '[图片]', { id: null, url: 'blob:1' })
    const stored = { ...line(1, 'consumer', '[图片]'), message_id: 'key', custom: { photo: { id: 'p1' } } }
    expect(withMessage(pending, stored)).toMatchObject([{ key: 'key', photo: { url: 'blob:1' }, delivery: 'delivered' }])
  })
})

it('a line is marked as delivered until somebody answers', () => {
  const asked = withMessage(withMessage([], line(1, 'bot', '您好')), line(2, 'consumer', '在吗'))
  expect(lastUnanswered(asked)).toBe(1)
  expect(lastUnanswered(withMessage(asked, line(3, 'bot', '在')))).toBe(-1)
  expect(lastUnanswered([])).toBe(-1)
})

describe('who speaks', () => {
  it('says that a person takes over across the chat, and names who said each line', () => {
    const joined = { ...line(1, 'bot', '客服小王已接入'), custom: { event: 'agent_joined', agent: '小王' } }
    const entries = build(joined, { ...line(2, 'agent', '您好'), agent: '小王' }, { ...line(3, 'agent', '我来'), agent: '小李' })
    expect(entries.map((entry) => [entry.from, entry.agent])).toEqual([['system', null], ['agent', '小王'], ['agent', '小李']])
  })

  it('knows the stars that were given with more behind them', () => {
    const entries = build(line(1, 'bot', '请打分', ['满意', '一般']), line(2, 'consumer', '一般；问题没有解决；等太久'))
    expect(choiceAt(entries, 0, 'closed')).toEqual({ frozen: true, chosen: 1 })
  })
})

it('knows a photo that the server has no longer', () => {
  const of = (photo: object) => build({ ...line(1, 'consumer', '[图片]'), custom: { photo } })[0]?.photo
  expect(of({ id: 'p1', type: 'image/png', bytes: 1 })).toEqual({ id: 'p1', url: null, erased: false })
  expect(of({ id: 'p1', erased_at: '2027-05-20T10:00:00+08:00' })?.erased).toBe(true)
})
