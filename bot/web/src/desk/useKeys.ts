import { onBeforeUnmount, onMounted } from 'vue'

export type Keys = Readonly<Record<string, () => void>>

/** Whether the user writes there, so that letters are letters. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['radio', 'checkbox', 'button', 'submit'].includes(target.type)
}

/** The name under which a key is looked up: "j", "?", "Alt+ArrowDown"; null for keys of the browser. */
export function keyName(event: KeyboardEvent): string | null {
  if (event.ctrlKey || event.metaKey || event.isComposing || event.keyCode === 229) return null
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.altKey ? `Alt+${key}` : key
}

/** Enter on something that itself answers to Enter is that thing's. */
function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, summary, [role="radio"], input') !== null
}

/** Act on keys of the whole page, except while the user types or a dialog is open. */
export function useKeys(keys: Keys): void {
  function pressed(event: KeyboardEvent): void {
    const name = keyName(event)
    const act = name === null ? undefined : keys[name]
    if (!act || event.defaultPrevented || isTyping(event.target)) return
    if (document.querySelector('dialog[open]')) return
    if (name === 'Enter' && isPressable(event.target)) return
    event.preventDefault()
    act()
  }
  onMounted(() => document.addEventListener('keydown', pressed))
  onBeforeUnmount(() => document.removeEventListener('keydown', pressed))
}
