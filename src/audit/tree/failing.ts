/** What cannot be done at present, and is tried again: of one log, or of all (`log` null). `error` null: it works again. */
export interface Failing {
  readonly log: string | null
  readonly error: Error | null
}

/** Remembers what fails and since when; told once when it begins and once when it ends. */
export function failures(onChange: (failing: Failing) => void = () => {}) {
  const known = new Map<string | null, { readonly error: Error; readonly since: number; triedAt: number }>()
  return {
    failed(log: string | null, error: Error): void {
      const now = performance.now()
      const since = known.get(log)?.since
      known.set(log, { error, since: since ?? now, triedAt: now })
      if (since === undefined) onChange({ log, error })
    },
    worked(log: string | null): void {
      if (known.delete(log)) onChange({ log, error: null })
    },
    /** Whether it failed less than so many milliseconds ago. */
    isResting: (log: string | null, restMs: number): boolean => performance.now() - (known.get(log)?.triedAt ?? -restMs) < restMs,
    /** Since when this log, or all of them, could not be kept, on the clock of `performance`; undefined while it can. */
    since(log: string): number | undefined {
      const begun = [known.get(log), known.get(null)].flatMap((one) => (one ? [one.since] : []))
      return begun.length > 0 ? Math.min(...begun) : undefined
    },
    of: (log: string): Error | null => (known.get(log) ?? known.get(null))?.error ?? null,
    /** What has failed longest; null when nothing does. */
    first: (): Error | null => known.values().next().value?.error ?? null,
    /** How long the oldest one has lasted, milliseconds; 0 when nothing fails. */
    lastedMs: (): number => Math.max(0, ...[...known.values()].map(({ since }) => performance.now() - since)),
  }
}
