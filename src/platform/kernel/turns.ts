/** Long work in slices: between them the event loop is everybody else's, decisions first. */

/** Milliseconds that one slice may take of the thread on which decisions are answered; its last step may overrun it. */
const SLICE_MS = 10

/** Awaited between two steps of long work. */
export type Pause = () => Promise<void> | undefined

/** Answers a pause to be awaited between steps: it costs nothing until the slice is used up, and then one turn of the event loop. */
export function pauses(): Pause {
  let since = performance.now()
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined
    return new Promise((resume) => {
      setImmediate(() => {
        since = performance.now()
        resume()
      })
    })
  }
}

/** Runs a generator to its end, slice by slice; each `yield` is a place where it may stop for others. */
export async function inTurns<T>(work: Generator<undefined, T>): Promise<T> {
  const pause = pauses()
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value
    const due = pause()
    if (due) await due
  }
}

/** Runs a generator to its end at once: for work that is known to be small. */
export function atOnce<T>(work: Generator<undefined, T>): T {
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value
}
