/** What the bot sends beside its words: cards. The words always stand on their own. */

export interface WindowsCard {
  readonly card: 'windows'
  readonly windows: readonly { readonly start: string; readonly end: string }[]
}

/** What a yes will do. */
export interface ConfirmCard {
  readonly card: 'confirm'
  readonly goods: string
  readonly kind: string
  readonly start: string
  readonly end: string
  readonly address: string
}

/** Where goods and visit stand; steps newest first. */
export interface ProgressCard {
  readonly card: 'progress'
  readonly goods: string
  readonly order_tail: string
  readonly steps: readonly { readonly at: string; readonly text: string }[]
  readonly visit: { readonly status: string; readonly start: string | null; readonly end: string | null } | null
}

/** The question for stars; its buttons are the stars, best first. */
export interface RatingCard {
  readonly card: 'rating'
}

export type Card = WindowsCard | ConfirmCard | ProgressCard | RatingCard

const CARDS: readonly unknown[] = ['windows', 'confirm', 'progress', 'rating']

/** Read a message's `custom`; null where it is no card that this page knows. */
export function readCard(custom: unknown): Card | null {
  if (typeof custom !== 'object' || custom === null) return null
  return CARDS.includes((custom as { card?: unknown }).card) ? (custom as Card) : null
}

/** Whether a message was a photo that has had its time. */
export function photoErased(custom: unknown): boolean {
  const photo = (custom as { photo?: { erased_at?: unknown } } | null | undefined)?.photo
  return typeof photo?.erased_at === 'string'
}

/** The id of the photo that a message is; null for none. */
export function photoId(custom: unknown): string | null {
  const photo = (custom as { photo?: { id?: unknown } } | null | undefined)?.photo
  return typeof photo?.id === 'string' ? photo.id : null
}
