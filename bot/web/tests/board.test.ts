import { flushPromises, mountInto } from './support-board'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { type Board, BoardApi, type Cell } from '../src/board/api'
import BoardPage from '../src/board/BoardPage.vue'
import { cellAt, hours, loadOf, shareOf } from '../src/board/load'

const MORNING = { start: '2026-11-26T09:00:00+08:00', end: '2026-11-26T12:00:00+08:00' }

function cell(capacity: number, visits: number, held = 0): Cell {
  return { ...MORNING, capacity, visits_minutes: visits, held, free: capacity - visits - held, visits: [] }
}

describe('how full a cell is', () => {
  it.each([
    [undefined, 'none'],
    [cell(180, 0), 'idle'],
    [cell(180, 105), 'light'],
    [cell(180, 105, 15), 'busy'],
    [cell(180, 180), 'full'],
    [cell(0, 0), 'full'],
    [cell(180, 210), 'over'],
  ])('%o is %s', (one, load) => {
    expect(loadOf(one)).toBe(load)
  })

  it('fills the bar no further than its end', () => {
    expect(shareOf(cell(180, 210))).toBe(1)
    expect(shareOf(cell(200, 50))).toBe(0.25)
  })

  it('names windows by the hours of the business zone, wherever the browser is', () => {
    expect(hours(MORNING)).toBe('09:00–12:00')
    expect(cellAt([cell(180, 0)], MORNING)?.capacity).toBe(180)
  })
})

const EMPTY: Board = {
  date: '2026-11-26',
  hubs: [{ hub_id: 'H1', name: '浦东服务网点' }],
  windows: [MORNING],
  crews: [{ crew_id: 'C1', name: '王师傅组', hub_id: 'H1', members: 2, cells: [cell(180, 105)], off_roster: [] }],
  more_crews: 0,
  follow_ups: [],
}

describe('the page', () => {
  const fetched = vi.fn()

  beforeEach(() => {
    sessionStorage.clear()
    fetched.mockReset()
    vi.stubGlobal('fetch', fetched)
  })
  afterEach(() => vi.unstubAllGlobals())

  it('asks for the token where the server wants one, and keeps it for the session', async () => {
    fetched.mockResolvedValueOnce(new Response('', { status: 401 }))
    const page = mountInto(BoardPage, { api: new BoardApi('http://h/api/v1/board') })
    await flushPromises()
    expect(page.textContent).toContain('请输入接口令牌')
    fetched.mockResolvedValueOnce(new Response(JSON.stringify(EMPTY)))
    const input = page.querySelector('input') as HTMLInputElement
    input.value = ' secret '
    input.dispatchEvent(new Event('input'))
    page.querySelector('form')?.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(fetched.mock.lastCall?.[1]).toEqual({ headers: { Authorization: 'Bearer secret' } })
    expect(page.textContent).toContain('王师傅组')
    expect(sessionStorage.length).toBe(1)
  })

  it('shows the answer to the last choice, not the one that came last', async () => {
    let slow: (answer: Response) => void = () => {}
    fetched.mockReturnValueOnce(new Promise((resolve) => (slow = resolve)))
    const page = mountInto(BoardPage, { api: new BoardApi('http://h/api/v1/board') })
    fetched.mockResolvedValueOnce(new Response(JSON.stringify(EMPTY)))
    slow(new Response(JSON.stringify(EMPTY)))
    await flushPromises()
    let late: (answer: Response) => void = () => {}
    fetched.mockReset()
    fetched.mockReturnValueOnce(new Promise((resolve) => (late = resolve)))
    const chosen = { ...EMPTY, crews: [], date: '2026-11-27' }
    fetched.mockResolvedValueOnce(new Response(JSON.stringify(chosen)))
    const form = page.querySelector('form')
    form?.dispatchEvent(new Event('submit'))
    form?.dispatchEvent(new Event('submit'))
    await flushPromises()
    late(new Response(JSON.stringify(EMPTY)))
    await flushPromises()
    expect(page.textContent).toContain('还没有师傅组')
  })
})
