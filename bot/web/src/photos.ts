import type { InjectionKey } from 'vue'

/** How a stored photo becomes an address that can be shown. */
export const loadPhoto: InjectionKey<(id: string) => Promise<string>> = Symbol('photos')
