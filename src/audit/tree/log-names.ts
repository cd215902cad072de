/** Names of logs: kind, year, and from the second on the incarnation, as in `decisions-2026-2` (R30). */
interface Parts {
  readonly kind: string
  readonly year: number
  readonly incarnation: number
}

/** The year a log is named after; 0 when the name is none. */
export function yearOf(name: string): number {
  return partsOf(name)?.year ?? 0
}

/** The names of a kind, the latest year first, in a year the latest incarnation first. */
export function newestFirst(kind: string, names: readonly string[]): string[] {
  return names
    .flatMap((name) => {
      const parts = partsOf(name)
      return parts?.kind === kind ? [{ name, ...parts }] : []
    })
    .sort((a, b) => b.year - a.year || b.incarnation - a.incarnation)
    .map(({ name }) => name)
}

/** The name after those known, for a year: `decisions-2026` where that is not known yet, else its next incarnation. */
export function nextName(kind: string, year: number, known: readonly string[]): string {
  const stem = `${kind}-${year}`
  const taken = known.flatMap((name) => {
    const parts = partsOf(name)
    return parts?.kind === kind && parts.year === year ? [parts.incarnation] : []
  })
  return taken.length === 0 ? stem : `${stem}-${Math.max(...taken) + 1}`
}

function partsOf(name: string): Parts | undefined {
  const [, kind, year, incarnation] = /^([a-z]+)-(\d{4})(?:-(\d+))?$/.exec(name) ?? []
  return kind === undefined ? undefined : { kind, year: Number(year), incarnation: Number(incarnation ?? 1) }
}
