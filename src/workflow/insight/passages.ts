import type { Instant } from '../../platform/kernel/instant.ts'

/** How long steps of sign-offs take: each time that a step was open is one passage. Made from what happened alone. Pure. */

/** What is read of an event here; `step` null: it is about a chain or about the whole sign-off. */
export interface SlimEvent {
  readonly signOff: string
  readonly type: string
  readonly at: Instant
  /** Whose chain; null: that of the whole. */
  readonly org: string | null
  readonly step: string | null
}

/** ANSWERED: done, returned or refused by somebody. CLOSED: nobody needed it any longer. null: it is open. */
export type PassageEnd = 'ANSWERED' | 'CLOSED' | null

/** One time that a step was open. */
export interface Passage {
  readonly signOff: string
  readonly org: string | null
  readonly step: string
  readonly openedAt: Instant
  readonly endedAt: Instant | null
  readonly end: PassageEnd
  /** Milliseconds of it in which the sign-off was held: nobody could answer then. */
  readonly heldMs: number
}

/** The events that open or end a passage, or hold it; the others are not read. */
export const PASSAGE_EVENTS = [
  ...['STEP_OPENED', 'STEP_DONE', 'STEP_MET', 'SIGNED', 'RETURNED', 'STEP_REFUSED'],
  ...['CHAIN_ENDED', 'ENDED', 'HELD', 'RELEASED'],
]

const ANSWERS = ['STEP_DONE', 'STEP_MET', 'SIGNED', 'RETURNED', 'STEP_REFUSED']

/** The passages of one sign-off, of its events in order; what is open is counted up to `now`. */
export function passagesOf(events: readonly SlimEvent[], now: Instant): Passage[] {
  const open = new Map<string, { readonly opened: SlimEvent; readonly step: string; readonly heldBefore: number }>()
  const passages: Passage[] = []
  let heldMs = 0
  let heldSince: Instant | null = null
  const heldBy = (at: Instant) => heldMs + (heldSince === null ? 0 : at - heldSince)
  const add = (name: string, at: Instant, end: PassageEnd) => {
    const found = open.get(name)
    if (!found) return
    open.delete(name)
    const { opened, step, heldBefore } = found
    const { signOff, org, at: openedAt } = opened
    passages.push({ signOff, org, step, openedAt, endedAt: end === null ? null : at, end, heldMs: heldBy(at) - heldBefore })
  }
  for (const event of events) {
    const { type, at, org, step } = event
    const name = nameOf(event)
    const ofChain = () => [...open].filter(([, { opened }]) => opened.org === org).map(([key]) => key)
    if (type === 'STEP_OPENED' && step !== null) open.set(name, { opened: event, step, heldBefore: heldBy(at) })
    if (ANSWERS.includes(type)) add(name, at, 'ANSWERED')
    // A return stops everything beside it in its chain.
    if (type === 'RETURNED' || type === 'CHAIN_ENDED') for (const key of ofChain()) add(key, at, 'CLOSED')
    if (type === 'ENDED') for (const key of [...open.keys()]) add(key, at, 'CLOSED')
    if (type === 'HELD') heldSince ??= at
    if (type === 'RELEASED') {
      heldMs = heldBy(at)
      heldSince = null
    }
  }
  for (const key of [...open.keys()]) add(key, now, null)
  return passages
}

function nameOf({ org, step }: Pick<SlimEvent, 'org' | 'step'>): string {
  return `${org ?? ''}/${step ?? ''}`
}
