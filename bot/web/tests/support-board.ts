import { type Component, createApp } from 'vue'

/** Mount a component into the document and return its element. */
export function mountInto(component: Component, props: Record<string, unknown>): HTMLElement {
  const host = document.createElement('div')
  document.body.append(host)
  createApp(component, props).mount(host)
  return host
}

/** Let every promise and every render that waits for one come to its end. */
export async function flushPromises(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve))
}
