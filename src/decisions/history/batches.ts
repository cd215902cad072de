/**
 * Parts a list into batches of at most so many bytes, each of at least one: what is read at once is bounded by its size, which
 * callers choose, and not by its number. Pure.
 */
export function batchesOf(sizes: readonly { readonly id: string; readonly bytes: number }[], bytesMax: number): string[][] {
  const batches: string[][] = []
  let room = 0
  for (const { id, bytes } of sizes) {
    const last = batches.at(-1)
    if (last && bytes <= room) {
      last.push(id)
      room -= bytes
    } else {
      batches.push([id])
      room = bytesMax - bytes
    }
  }
  return batches
}
