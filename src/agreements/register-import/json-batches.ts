/** Characters of JSON that are sent to the database at once. */
export const CHARACTERS_AT_ONCE = 200_000

/** Values as JSON, some at a time: one statement and one value of jsonb hold only so much. */
export function* inBatches(values: readonly unknown[]): Generator<string> {
  let batch: string[] = []
  let size = 0
  for (const value of values) {
    const text = JSON.stringify(value)
    if (batch.length > 0 && size + text.length > CHARACTERS_AT_ONCE) {
      yield `[${batch.join(',')}]`
      batch = []
      size = 0
    }
    batch.push(text)
    size += text.length
  }
  if (batch.length > 0) yield `[${batch.join(',')}]`
}
