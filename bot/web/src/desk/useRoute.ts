import { onBeforeUnmount, onMounted, ref } from 'vue'

export type View = 'chats' | 'board' | 'supervisor' | 'quality'

const VIEWS: readonly string[] = ['chats', 'board', 'supervisor', 'quality']

function current(): View {
  const name = location.hash.replace(/^#\/?/, '')
  return VIEWS.includes(name) ? (name as View) : 'chats'
}

/** Which view is shown: the part of the address behind "#". */
export function useRoute() {
  const route = ref<View>(current())
  const changed = () => (route.value = current())
  onMounted(() => window.addEventListener('hashchange', changed))
  onBeforeUnmount(() => window.removeEventListener('hashchange', changed))
  const go = (view: View) => (location.hash = `#/${view}`)
  return { route, go }
}
