import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Component, createApp, nextTick, type App as VueApp } from 'vue'

import ConsumerPicker from '../src/components/ConsumerPicker.vue'
import MessageBubble from '../src/components/MessageBubble.vue'
import MessageComposer from '../src/components/MessageComposer.vue'
import QuickReplies from '../src/components/QuickReplies.vue'
import RatingForm from '../src/components/RatingForm.vue'
import StateBanner from '../src/components/StateBanner.vue'
import { withMessage, withPending } from '../src/chat/timeline'
import { clockOf, dayOf } from '../src/format'
import { strings } from '../src/strings.zh'
import { line } from './support'

let app: VueApp | undefined

function mount(component: Component, props: Record<string, unknown>): HTMLElement {
  const host = document.body.appendChild(document.createElement('div'))
  app = createApp(component, props)
  app.mount(host)
  return host
}

function find<T extends Element = HTMLElement>(host: Element, selector: string): T {
  const found = host.querySelector<T>(selector)
  if (!found) throw new Error(`no ${selector}`)
  return found
}

afterEach(() => {
  app?.unmount()
  document.body.replaceChildren()
})

describe('MessageComposer', () => {
  async function type(text: string, init: KeyboardEventInit & { keyCode?: number } = {}) {
    const onSend = vi.fn()
    const host = mount(MessageComposer, { disabled: false, onSend })
    const field = find<HTMLTextAreaElement>(host, 'textarea')
    field.value = text
    field.dispatchEvent(new Event('input'))
    const event = new KeyboardEvent('keydown', { key: 'Enter', cancelable: true, ...init })
    if (init.keyCode !== undefined) Object.defineProperty(event, 'keyCode', { value: init.keyCode })
    field.dispatchEvent(event)
    await Promise.resolve()
    return { onSend, event, field }
  }

  it('sends with Enter and empties the field', async () => {
    const { onSend, field, event } = await type('你好')
    expect(onSend).toHaveBeenCalledExactlyOnceWith('你好')
    expect(field.value).toBe('')
    expect(event.defaultPrevented).toBe(true)
  })

  it.each<[string, KeyboardEventInit & { keyCode?: number }]>([
    ['Shift+Enter breaks the line', { shiftKey: true }],
    ['an input method is composing', { isComposing: true }],
    ['an input method took the key', { keyCode: 229 }],
  ])('does not send where %s', async (_why, init) => {
    const { onSend, event } = await type('ni hao', init)
    expect(onSend).not.toHaveBeenCalled()
    expect(event.defaultPrevented).toBe(false)
  })

  it.each([' \n', '长'.repeat(1001)])('does not send a blank or an overlong text', async (text) => {
    const { onSend } = await type(text)
    expect(onSend).not.toHaveBeenCalled()
  })
})

describe('MessageBubble', () => {
  const entry = (text: string) => withMessage([], line(1, 'bot', text))[0]

  it('shows markup as text', () => {
    const host = mount(MessageBubble, { entry: entry('<img src=x onerror=alert(1)><b>粗</b>'), first: true })
    expect(host.querySelector('img, b')).toBeNull()
    expect(find(host, '.bubble').textContent).toBe('<img src=x onerror=alert(1)><b>粗</b>')
  })

  it('keeps line breaks and every character of a time range', () => {
    const text = '第一行\n  预约 09:00–12:00，请留人'
    const host = mount(MessageBubble, { entry: entry(text), first: true })
    expect(find(host, '.bubble').textContent).toBe(text)
    expect(find(host, '.range').textContent).toBe('09:00–12:00')
  })

  it.each(['consumer', 'bot', 'agent', 'system'] as const)('names the sender: %s', (from) => {
    const host = mount(MessageBubble, { entry: withMessage([], line(1, from, '…'))[0], first: false })
    expect(find(host, '.name').textContent).toBe(strings.role[from])
    expect(find(host, 'time').textContent).toBe('10:01')
  })

  it('offers to send a failed line again', () => {
    const onRetry = vi.fn()
    const failed = { ...withPending([], 'x', '在吗')[0], delivery: 'failed' }
    const host = mount(MessageBubble, { entry: failed, first: true, onRetry })
    find<HTMLButtonElement>(host, 'button').click()
    expect(onRetry).toHaveBeenCalledOnce()
  })
})

describe('QuickReplies', () => {
  const buttons = [{ title: '上午', payload: 'btn_a' }, { title: '下午', payload: 'btn_b' }]

  it('hands over the button', () => {
    const onChoose = vi.fn()
    const host = mount(QuickReplies, { buttons, choice: { frozen: false, chosen: -1 }, onChoose })
    host.querySelectorAll('button')[1]?.click()
    expect(onChoose).toHaveBeenCalledExactlyOnceWith(buttons[1])
  })

  it('does nothing once frozen, and shows the choice', () => {
    const onChoose = vi.fn()
    const host = mount(QuickReplies, { buttons, choice: { frozen: true, chosen: 1 }, onChoose })
    for (const button of host.querySelectorAll('button')) {
      button.click()
      expect(button.getAttribute('aria-disabled')).toBe('true')
    }
    expect(onChoose).not.toHaveBeenCalled()
    expect(find(host, '.chosen').textContent).toBe(`下午${strings.chosen}`)
  })
})

describe('RatingForm', () => {
  const buttons = ['非常满意', '满意'].map((title, n) => ({ title, payload: `btn_${n}` }))

  it('needs the stars only, and says where they did not arrive', async () => {
    const rate = vi.fn().mockResolvedValueOnce(false).mockResolvedValueOnce(true)
    const host = mount(RatingForm, { buttons, choice: { frozen: false, chosen: -1 }, rate })
    const submit = find<HTMLButtonElement>(host, 'button')
    expect(submit.disabled).toBe(true)
    host.querySelectorAll<HTMLInputElement>('input')[1]?.dispatchEvent(new Event('change'))
    await nextTick()
    expect(submit.disabled).toBe(false)
    find(host, 'form').dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(host.textContent).toContain(strings.ratingFailed))
    expect(rate).toHaveBeenLastCalledWith(buttons[1], { resolved: null, reason: '' })
  })

  it('once given shows the stars and asks nothing more', () => {
    const host = mount(RatingForm, { buttons, choice: { frozen: true, chosen: 1 }, rate: vi.fn() })
    expect(host.querySelectorAll<HTMLInputElement>('input')[1]?.checked).toBe(true)
    expect(host.querySelector('button')).toBeNull()
  })
})

describe('ConsumerPicker', () => {
  it('offers each consumer and an anonymous visitor', () => {
    const onPick = vi.fn()
    const consumers = [{ consumer_id: 'tb_1', name: '李女士', summary: '空调' }]
    const host = mount(ConsumerPicker, { consumers, onPick })
    for (const button of host.querySelectorAll('button')) button.click()
    expect(onPick.mock.calls).toEqual([[consumers[0]], [null]])
  })
})

describe('StateBanner', () => {
  const calm = { entries: [], state: 'bot', reason: null, typing: false, connection: 'open', settled: true, expired: false }
  const said = (part: object) => mount(StateBanner, { snapshot: { ...calm, ...part } }).textContent

  it.each([
    [{}, ''],
    [{ state: 'queued' }, strings.banner.queued + strings.leaveQueue],
    [{ state: 'queued', place: { position: 3, minutes: 6, opens: null } }, strings.place(2, 6, null) + strings.leaveQueue],
    [{ state: 'queued', place: { position: 1, minutes: null, opens: '08:00' } }, strings.place(0, null, '08:00') + strings.leaveQueue],
    [{ state: 'human', agent: '小王' }, strings.agentNamed('小王')],
    [{ state: 'human' }, strings.banner.human],
    [{ state: 'human', connection: 'lost' }, strings.banner.lost],
    [{ connection: 'connecting' }, ''],
    [{ connection: 'lost', expired: true }, strings.banner.expired + strings.restart],
  ])('says the most pressing thing: %j', (part, text) => {
    expect(said(part)).toBe(text)
  })
})

describe('times', () => {
  it('are shown as the server wrote them', () => {
    expect(clockOf('2026-11-20T09:05:00+08:00')).toBe('09:05')
    expect(dayOf('2026-11-20T09:05:00+08:00')).toBe('11月20日 周五')
    expect(dayOf('2027-01-03T23:59:59+08:00')).toBe('1月3日 周日')
    expect(clockOf(null) + dayOf(null) + clockOf('soon')).toBe('')
  })
})
