// The worker: wakes what the service does by the clock. Jobs are rows of graphile-worker in the same database, written in the
// transaction of what asks for them. It must never know what a job is about; what is due is decided by the service's own clock.
import { Logger, run, runMigrations } from 'graphile-worker'

export interface WorkerOptions {
  readonly url: string
  /** What is done for each job, by its name. */
  readonly tasks: Readonly<Record<string, () => Promise<void>>>
  /** When it is done anyhow, as in a crontab: what a lost job would have woken waits so long at most. */
  readonly crontab: string
  readonly log: (level: string, message: string) => void
}

/** Jobs at work at once: one that waits for somebody outside holds up none of another kind. */
const CONCURRENCY = 4
/** Connections of the worker: one that listens, one that keeps the times of the crontab, and those that take and end jobs. */
const CONNECTIONS = 4

/**
 * Starts the worker on this node; any number of nodes may run one. It brings its own tables (schema `graphile_worker`) as the user
 * of the address, who owns them. The answer stops it: the job at work is done to its end.
 */
export async function startWorker({ url, tasks, crontab, log }: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const logger = new Logger(() => (level, message) => log(level, message))
  const connectionString = withName(url)
  await runMigrations({ connectionString, logger, maxPoolSize: 1 })
  const runner = await run({
    ...{ connectionString, logger, crontab, concurrency: CONCURRENCY, maxPoolSize: CONNECTIONS, noHandleSignals: true },
    taskList: tasks,
  })
  return { stop: () => runner.stop() }
}

function withName(url: string): string {
  const address = new URL(url)
  address.searchParams.set('application_name', 'accord-worker')
  return address.href
}
