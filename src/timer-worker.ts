import type { App } from './app.ts'
import { startWorker } from './platform/database/worker.ts'

/** A job that was lost, or whose node was killed, is made up for after so many minutes at most. */
const CRONTAB = '*/2 * * * * fire_timers ?max=1'

/**
 * Wakes the timers of this node: what fell due while no node ran at once, then whenever something falls due. Any number of nodes
 * may run one. The answer stops it, after the timer at work.
 */
export async function startTimerWorker(app: App, url: string): Promise<{ stop(): Promise<void> }> {
  const { timers } = app.services
  const { log } = app.server
  const fire = () => timers.fireDue().then(() => {})
  const worker = await startWorker({
    url,
    tasks: { fire_timers: fire },
    crontab: CRONTAB,
    log: (level, message) => (level === 'error' ? log.error(message) : log.debug(message)),
  })
  const caughtUp = fire().catch((error: unknown) => log.error({ err: error }, 'what fell due could not be looked for'))
  return {
    async stop() {
      await caughtUp
      await worker.stop()
    },
  }
}
