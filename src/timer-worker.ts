import type { App } from './app.ts'
import { startWorker } from './platform/database/worker.ts'

/** A job that was lost, or whose node was killed, is made up for after so many minutes at most. */
const CRONTAB = [
  '*/2 * * * * fire_timers ?max=1',
  '* * * * * send_mail ?max=1',
  '*/2 * * * * send_webhooks ?max=1',
  // Every minute: what was typed is kept for a quarter of an hour.
  '* * * * * forget_sessions ?max=1',
].join('\n')

/**
 * Wakes what this node does by the clock and behind its acts: timers, mail, webhooks, and the end of old sessions: what fell due while no
 * node ran at once, then whenever something falls due. Any number of nodes may run one. The answer stops it, after the timer at work.
 */
export async function startTimerWorker(app: App, url: string): Promise<{ stop(): Promise<void> }> {
  const { timers, mailing, webhooks } = app.services
  const { log } = app.server
  const fire = oneAtATime(() => timers.fireDue())
  const sendMail = oneAtATime(() => mailing.run())
  const worker = await startWorker({
    url,
    // What goes to webhooks is waited for by nobody: a slow receiver holds up no timer and no mail.
    tasks: {
      ...{ fire_timers: fire, send_mail: sendMail, send_webhooks: async () => webhooks.delivering.wake() },
      forget_sessions: () => app.forgetOldSessions(),
    },
    crontab: CRONTAB,
    log: (level, message) => (level === 'error' ? log.error(message) : log.debug(message)),
  })
  webhooks.delivering.wake()
  const caughtUp = Promise.all([
    fire().catch((error: unknown) => log.error({ err: error }, 'what fell due could not be looked for')),
    sendMail().catch((error: unknown) => log.error({ err: error }, 'mail could not be sent')),
  ])
  return {
    async stop() {
      await caughtUp
      await worker.stop()
    },
  }
}

/** Work of which a node does one at a time: whoever asks meanwhile waits for one run more, together with all who do. */
function oneAtATime(work: () => Promise<unknown>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= last
      .catch(() => {})
      .then(() => {
        next = undefined
        last = work().then(() => {})
        return last
      })
    return next
  }
}
