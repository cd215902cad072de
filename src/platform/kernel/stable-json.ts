/**
 * JSON with the members of every object in one order: two values mean the same when this is the same, however they were
 * written. For comparing, not for signing: what is signed has a form of its own (`audit/format/canonical-json.ts`).
 */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
