import { desk as words } from './desk.zh'
import type { Rating } from './wire'

/** A rating in one line: stars, whether it is solved, what was said. */
export function rated(rating: Rating | null): string {
  if (!rating) return words.history.unrated
  const parts = [words.history.rating(rating.stars)]
  if (typeof rating.resolved === 'boolean') parts.push(rating.resolved ? words.history.resolved : words.history.unresolved)
  if (rating.reason) parts.push(rating.reason)
  return parts.join(' · ')
}
