import { strings } from './strings.zh'

/**
 * The wall-clock parts of a timestamp, as written: the server writes them in the business time
 * zone, which is what counts for a visit, wherever the phone is.
 */
function parts(at: string): RegExpExecArray | null {
  return /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2})/.exec(at)
}

/** "10:05"; empty for no timestamp. */
export function clockOf(at: string | null): string {
  return parts(at ?? '')?.[4] ?? ''
}

/** "11月20日 周五"; empty for no timestamp. */
export function dayOf(at: string | null): string {
  const found = parts(at ?? '')
  if (!found) return ''
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
  return strings.day(month, day, strings.weekdays[weekday] as string)
}
