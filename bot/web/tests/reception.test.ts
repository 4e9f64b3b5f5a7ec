import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'

import { ChatApi } from '../src/chat/api'
import { Keep } from '../src/chat/keep'
import { useReception } from '../src/useReception'
import { MemoryStorage } from './support'

const LI = { consumer_id: 'tb_1', name: '李女士', summary: '空调' }

let storage: MemoryStorage
let calls: string[]
let status: Record<string, number>

function arrive() {
  const fetch = async (url: string, init?: RequestInit) => {
    const path = new URL(url).pathname
    calls.push(`${path} ${String(init?.body ?? '')}`.trim())
    const body = path === '/chat/consumers' ? [LI] : { token: `t${calls.length}`, sender: 'web-1' }
    return new Response(JSON.stringify(body), { status: status[path] ?? 200 })
  }
  const scope = effectScope()
  const reception = scope.run(() => useReception(new ChatApi('http://shop.example/', fetch), new Keep(storage)))
  if (!reception) throw new Error('no scope')
  return { ...reception, close: () => scope.stop() }
}

beforeEach(() => {
  vi.stubGlobal('WebSocket', class { close() {} })
  storage = new MemoryStorage()
  calls = []
  status = {}
})

describe('useReception', () => {
  it('lets a new visitor of the demo choose', async () => {
    const door = arrive()
    await door.arrive()
    expect(door.phase.value).toBe('picker')
    await door.pick(LI)
    expect(door.phase.value).toBe('chat')
    expect(calls).toEqual(['/chat/consumers', '/chat/sessions {"consumer_id":"tb_1"}'])
    door.close()
  })

  it('begins an anonymous chat where there is no demo', async () => {
    status['/chat/consumers'] = 404
    const door = arrive()
    await door.arrive()
    expect(door.phase.value).toBe('chat')
    expect(calls).toEqual(['/chat/consumers', '/chat/sessions {}'])
    expect(door.consumers.value).toEqual([])
    door.close()
  })

  it('goes on with the session of this tab', async () => {
    const first = arrive()
    await first.arrive()
    await first.pick(LI)
    first.close()
    calls = []
    const second = arrive()
    await second.arrive()
    expect(second.phase.value).toBe('chat')
    expect(second.visitor.value?.consumerName).toBe('李女士')
    expect(calls).toEqual(['/chat/consumers'])
    second.close()
  })

  it('forgets the session when another consumer is wanted', async () => {
    const door = arrive()
    await door.arrive()
    await door.pick(null)
    door.leave()
    expect(door.phase.value).toBe('picker')
    expect(storage.length).toBe(0)
    door.close()
  })

  it('opens a new session for the same consumer after the old one expired', async () => {
    const door = arrive()
    await door.arrive()
    await door.pick(LI)
    const old = door.session.value
    await door.restart()
    expect(door.session.value).not.toBe(old)
    expect(calls.at(-1)).toBe('/chat/sessions {"consumer_id":"tb_1"}')
    door.close()
  })

  it.each(['/chat/consumers', '/chat/sessions'])('says so where %s fails', async (path) => {
    status[path] = 503
    const door = arrive()
    await door.arrive()
    if (door.phase.value === 'picker') await door.pick(LI)
    expect(door.phase.value).toBe('unavailable')
    door.close()
  })
})
