/** Something done again and again. */
export interface Repeating {
  start(): void
  /** Does it now, after what runs already. */
  once(): Promise<void>
  /** Ends it; resolves when what runs has ended. */
  stop(): Promise<void>
}

/** Does `work` again and again, one at a time with a rest between; it never keeps the process alive. `work` must not throw. */
export function repeating(work: () => Promise<void>, restMs: number): Repeating {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isStopped = false

  function once(): Promise<void> {
    running = running.then(work)
    return running
  }

  function start(): void {
    if (isStopped) return
    timer = setTimeout(() => void once().then(start), restMs)
    timer.unref()
  }

  return {
    start,
    once,
    async stop(): Promise<void> {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
