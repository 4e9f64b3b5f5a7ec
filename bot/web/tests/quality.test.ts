import { describe, expect, it } from 'vitest'

import { found, mark, pieces, proposals, share, weeks } from '../src/desk/quality'

describe('marking', () => {
  it('marks what is selected, without the blanks around it', () => {
    expect(mark([], '装 空调 吗', 1, 5, 'appliance')).toEqual([{ entity: 'appliance', start: 2, end: 4 }])
  })

  it('counts characters as the server does, not halves of them', () => {
    expect(mark([], '😀装空调', 3, 5, 'appliance')).toEqual([{ entity: 'appliance', start: 2, end: 4 }])
  })

  it('takes the place of what it touches, and keeps the others in order', () => {
    const before = [
      { entity: 'brand', start: 0, end: 2 },
      { entity: 'address', start: 4, end: 6 },
    ]
    const after = mark(before, '海尔的空调机', 3, 5, 'appliance')
    expect(after).toEqual([before[0], { entity: 'appliance', start: 3, end: 5 }])
  })

  it('marks nothing where nothing is selected', () => {
    expect(mark([], '装空调', 1, 1, 'appliance')).toEqual([])
    expect(mark([], '装  空调', 1, 3, 'appliance')).toEqual([])
  })

  it('cuts a text at its entities', () => {
    const spans = [{ entity: 'appliance', start: 2, end: 4 }]
    expect(pieces('😀装空调吗', spans)).toEqual([{ text: '😀装' }, { text: '空调', entity: 'appliance' }, { text: '吗' }])
  })
})

describe('proposals', () => {
  const guesses = [
    { intent: 'ask_fees', confidence: 0.4 },
    { intent: 'urge', confidence: 0.3 },
    { intent: 'greet', confidence: 0.1 },
  ]

  it('puts what people chose before what the model guessed', () => {
    expect(proposals({ guesses, chosen: { complain: 1, urge: 3 } })).toEqual(['urge', 'complain', 'ask_fees'])
  })

  it('finds intents by description or name, proposals first', () => {
    const all = [
      { name: 'greet', label: '打招呼' },
      { name: 'urge', label: '催单' },
      { name: 'ask_fees', label: '问收费' },
    ]
    expect(found(all, ['ask_fees'], '').map(({ name }) => name)).toEqual(['ask_fees', 'greet', 'urge'])
    expect(found(all, [], '催').map(({ name }) => name)).toEqual(['urge'])
    expect(found(all, [], ' FEES').map(({ name }) => name)).toEqual(['ask_fees'])
  })
})

describe('numbers', () => {
  it('adds days and channels up to weeks that begin on Monday', () => {
    const day = (name: string, channel: string, turns: number, missed: number) => ({ day: name, channel, turns, missed })
    const days = [day('2026-11-22', 'web', 10, 1), day('2026-11-23', 'web', 20, 2), day('2026-11-29', 'sms', 5, 1)]
    expect(weeks(days)).toEqual([
      { week: '2026-11-16', turns: 10, missed: 1 },
      { week: '2026-11-23', turns: 25, missed: 3 },
    ])
  })

  it('says a share, and none of nothing', () => {
    expect([share(1, 8), share(0, 0)]).toEqual(['12.5%', '–'])
  })
})
