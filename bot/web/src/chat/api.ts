/** The HTTP calls of the page. */

import type { Consumer, Credentials, Opinion, Receipt } from './wire'

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** The server's refusal; `status` 0 means that no answer came. */
export class CallFailed extends Error {
  constructor(readonly status: number) {
    super(`the call failed with status ${status}`)
  }

  /** Whether the same call may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

export class ChatApi {
  /** `base` is the address below which `chat/…` lives, with a closing slash. */
  constructor(
    readonly base: string,
    private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
    private readonly timeoutMs = 15_000,
  ) {}

  /** The demo's consumers; null where the server offers none. */
  async consumers(): Promise<Consumer[] | null> {
    try {
      return await this.call<Consumer[]>('chat/consumers')
    } catch (error) {
      if (error instanceof CallFailed && error.status === 404) return null
      throw error
    }
  }

  /** Open a session: as whom the shop vouches for, as a demo consumer, or as nobody known. */
  openSession(as: { identity?: string; consumer_id?: string }): Promise<Credentials> {
    return this.call('chat/sessions', { body: as })
  }

  /** Hand a message over; resolves once the server has stored it. */
  send(token: string, text: string, messageId: string): Promise<Receipt> {
    return this.call('chat/messages', { body: { text, message_id: messageId }, token })
  }

  /** Rate a case: `stars` is the payload of the star that was offered. */
  rate(token: string, stars: string, opinion: Opinion, messageId: string): Promise<Receipt> {
    const reason = opinion.reason.trim() || null
    const body = { stars, message_id: messageId, resolved: opinion.resolved, reason }
    return this.call('chat/ratings', { body, token })
  }

  /** The consumer has seen the lines up to `seq`. */
  async read(token: string, seq: number): Promise<void> {
    await this.tell('chat/read', { seq }, token)
  }

  /** The consumer has begun or stopped writing. */
  async typing(token: string, on: boolean): Promise<void> {
    await this.tell('chat/typing', { on }, token)
  }

  /** Hand a photo over; resolves once the server has stored it. */
  sendPhoto(token: string, photo: Blob, messageId: string): Promise<Receipt> {
    return this.call(`chat/photos?${new URLSearchParams({ message_id: messageId })}`, { body: photo, token })
  }

  /** A photo of this session's own. */
  async photo(token: string, id: string): Promise<Blob> {
    const response = await this.answer(`chat/photos/${encodeURIComponent(id)}`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    return response.blob()
  }

  /** Whether the server still accepts the token; true where it cannot be asked. */
  async accepts(token: string): Promise<boolean> {
    // A browser hides why a socket was refused; asked without one, the same call tells.
    const query = new URLSearchParams({ token })
    try {
      await this.call(`chat/events?${query}`)
      return true
    } catch (error) {
      return !(error instanceof CallFailed && error.status === 401)
    }
  }

  /** Where the events of a session come from. */
  eventsUrl(token: string, afterSeq: number): string {
    const url = new URL('chat/events', this.base)
    url.protocol = url.protocol.replace('http', 'ws')
    url.search = new URLSearchParams({ token, after_seq: String(afterSeq) }).toString()
    return url.href
  }

  private async tell(path: string, body: object, token: string): Promise<void> {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
    await this.answer(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  private async call<T>(path: string, post?: { body: object; token?: string }): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (post?.token) headers.Authorization = `Bearer ${post.token}`
    if (!post) return (await this.answer(path, { headers })).json() as Promise<T>
    const photo = post.body instanceof Blob ? post.body : null
    headers['Content-Type'] = photo?.type ?? 'application/json'
    const body = photo ?? JSON.stringify(post.body)
    return (await this.answer(path, { method: 'POST', headers, body })).json() as Promise<T>
  }

  private async answer(path: string, init: RequestInit): Promise<Response> {
    // AbortSignal.timeout is missing from web views that are still in use.
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), this.timeoutMs)
    try {
      const response = await this.fetch(new URL(path, this.base).href, { ...init, signal: deadline.signal })
      if (!response.ok) throw new CallFailed(response.status)
      return response
    } catch (error) {
      throw error instanceof CallFailed ? error : new CallFailed(0)
    } finally {
      clearTimeout(timer)
    }
  }
}
