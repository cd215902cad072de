import { isDay, spokenDay, spokenInstant } from '../platform/kernel/london-day.ts'

/** A sentence of a service, which speaks to programs too, with its days and instants as people say them. */
export function withSpokenDays(sentence: string): string {
  return sentence.replaceAll(/\b\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?(?![\w-])/g, (found, time: string | undefined) => {
    if (!isDay(found.slice(0, 10))) return found
    return time === undefined ? spokenDay(found) : spokenInstant(Date.parse(found))
  })
}
