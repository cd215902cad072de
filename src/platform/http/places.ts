// What requests take up while they are answered: places, of which there are so many in all, for one caller, for all without a token.
// Words: ticket (one request's hold on its places), waiting (for its caller: to send the rest, or to take the reply).
// It must never give a place back twice, nor keep one whose request is over.

/** Decisions may take every place; other work leaves some of them to decisions. */
export type Work = 'DECISION' | 'OTHER'

/** So many tickets at most. */
export interface Places {
  limit: number
  /** So many of them for other work than decisions. */
  othersLimit: number
  readonly held: Set<Ticket>
  others: number
}

/** One request's hold. Times are milliseconds that only go forward. */
export interface Ticket {
  readonly work: Work
  /** Since when it waits for its caller; undefined while we are at work on it. */
  waitingSince: number | undefined
  readonly in: Set<Places>
  /** Ends the connection it came on. */
  readonly cut: () => void
}

/** Whoever keeps us waiting for longer makes room for others where there is none. */
export const PATIENCE_MS = 1_000

/** So many places, at least one; `reservePercent` of them are for decisions alone. */
export function placesFor(limit: number, reservePercent = 0): Places {
  const whole = Math.max(1, Math.floor(limit))
  const othersLimit = Math.max(1, Math.floor((whole * (100 - reservePercent)) / 100))
  return { limit: whole, othersLimit, held: new Set(), others: 0 }
}

/** So many places from now on; who holds one keeps it. */
export function resize(places: Places, limit: number, reservePercent = 0): void {
  const { limit: whole, othersLimit } = placesFor(limit, reservePercent)
  places.limit = whole
  places.othersLimit = othersLimit
}

/** Whether nobody holds any. */
export function isFree({ held }: Places): boolean {
  return held.size === 0
}

/**
 * Takes a place in each where it has none yet, or none and false. Where one is full, whoever keeps us waiting for longest makes
 * room.
 */
export function take(ticket: Ticket, wanted: readonly Places[], now: number): boolean {
  const all = wanted.filter((places) => !ticket.in.has(places))
  for (const places of all) {
    if (hasRoom(places, ticket.work)) continue
    slowest(places, ticket.work, now)?.cut()
    if (!hasRoom(places, ticket.work)) return false
  }
  for (const places of all) {
    places.held.add(ticket)
    if (ticket.work === 'OTHER') places.others += 1
    ticket.in.add(places)
  }
  return true
}

/** Gives a ticket's place back, or all of them; what was given back already stays so. */
export function giveBack(ticket: Ticket, only?: Places): void {
  for (const places of only ? [only] : ticket.in) {
    if (!ticket.in.delete(places)) continue
    places.held.delete(ticket)
    if (ticket.work === 'OTHER') places.others -= 1
  }
}

/** Whether a decision would find a place now. */
export function hasRoomNow(places: Places, now: number): boolean {
  return hasRoom(places, 'DECISION') || slowest(places, 'DECISION', now) !== undefined
}

function hasRoom({ held, limit, others, othersLimit }: Places, work: Work): boolean {
  return held.size < limit && (work === 'DECISION' || others < othersLimit)
}

/** Whose place would be of use and who has kept us waiting for longest. */
function slowest({ held, limit }: Places, work: Work, now: number): Ticket | undefined {
  let found: Ticket | undefined
  for (const ticket of held) {
    const since = ticket.waitingSince
    if (since === undefined || now - since < PATIENCE_MS || since >= (found?.waitingSince ?? Number.POSITIVE_INFINITY)) continue
    // Where other work has its share, the place of a decision helps nobody but a decision.
    if (work === 'DECISION' || ticket.work === 'OTHER' || held.size >= limit) found = ticket
  }
  return found
}
