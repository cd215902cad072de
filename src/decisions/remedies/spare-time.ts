/** Runs work that an answer can do without, or answers null when the service has no time for it. */
export type SpareTime = <T>(work: () => T) => T | null

/** How much may be spent: milliseconds of work in each window of milliseconds. */
export interface SpareTimeLimits {
  readonly windowMs: number
  readonly workMs: number
}

/**
 * A budget over the clock, so that courtesies can never take more than their share of the event loop: under load the answers
 * stay as quick as they were, and lack them. It measures and may overrun by the last piece of work, which is itself bounded.
 *
 * @param now milliseconds that only go forward
 */
export function spareTime(now: () => number, { windowMs, workMs }: SpareTimeLimits): SpareTime {
  let windowStart = Number.NEGATIVE_INFINITY
  let spent = 0
  return (work) => {
    const begin = now()
    if (begin - windowStart >= windowMs) {
      windowStart = begin
      spent = 0
    }
    if (spent >= workMs) return null
    try {
      return work()
    } finally {
      spent += now() - begin
    }
  }
}
