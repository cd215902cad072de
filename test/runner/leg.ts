import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { throwAwayPostgres } from '../support/postgres.ts'
import { buildTemplate, dropTemplates } from '../support/template.ts'
import { type Totals, tapReport } from './tap-report.ts'
import type { Ask, Give } from './worker.ts'

/** Test files that run on one server. */
export interface Leg {
  readonly title: string
  readonly files: readonly string[]
  /** The server's own programs; undefined takes those of npm. */
  readonly binaries?: string
  /** A server that runs already, instead of a throw-away one. */
  readonly url?: string
  /** How many processes run them; absent: `TEST_JOBS`, else two. */
  readonly jobs?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** A process that has not come back by then hangs: longer than any limit of a file. */
const HANGS_AFTER_MS = 900_000

/** Runs the files of a leg on its server, a few processes side by side, each taking the next file when it is done with one. */
export async function runLeg(leg: Leg): Promise<Totals> {
  console.log(`\n== ${leg.title}`)
  const cluster = leg.url ? undefined : await throwAwayPostgres(leg.binaries ? { binaries: leg.binaries } : {})
  const url = leg.url ?? cluster?.url('postgres') ?? ''
  try {
    if (leg.url) await dropTemplates(url)
    await buildTemplate(url)
    const environment = {
      ...leg.environment,
      TEST_DATABASE_URL: url,
      TEST_TEMPLATE_IS_BUILT: 'yes',
      ...(leg.binaries ? { TEST_POSTGRES_BINARIES: leg.binaries } : {}),
    }
    const waiting = [...leg.files]
    const jobs = Math.min(leg.jobs ?? Number(process.env['TEST_JOBS'] ?? Math.min(2, availableParallelism())), waiting.length)
    const totals: Totals[] = []
    const one = async () => {
      // A process ends when its memory is full, or badly: the next one goes on.
      while (waiting.length > 0) totals.push(await runProcess(waiting, environment))
    }
    await Promise.all(Array.from({ length: jobs }, one))
    const sum = (of: keyof Totals) => totals.reduce((total, each) => total + each[of], 0)
    return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
  } finally {
    await cluster?.remove()
  }
}

/** One process that takes files until none is left. Never throws for a failing test. */
function runProcess(waiting: string[], environment: Readonly<Record<string, string>>): Promise<Totals> {
  const report = tapReport((line) => console.log(line))
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: ['--import=tsx'],
    stdio: ['inherit', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...environment, TAP_TIMEOUT: '0' },
  })
  const lines = child.stdout ? createInterface({ input: child.stdout }) : undefined
  lines?.on('line', report.line)
  // No file after this one; and tap would go on after a signal that it can catch.
  const stop = () => {
    waiting.length = 0
    child.kill('SIGKILL')
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  let running: string | null = null
  let hangs: NodeJS.Timeout | undefined
  child.on('message', (said: Partial<Ask>) => {
    if (said.wantsFile === undefined) return
    clearTimeout(hangs)
    running = (said.wantsFile && waiting.shift()) || null
    if (!said.wantsFile) return
    if (running !== null) hangs = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS)
    child.send({ file: running } satisfies Give)
  })
  return new Promise((ended, failed) => {
    child.once('error', failed)
    child.once('close', (code, signal) => {
      clearTimeout(hangs)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      if (running !== null) console.log(`FAIL ${running}: its process ended with ${signal ?? code}`)
      ended(report.totals(code ?? 1))
    })
  })
}
