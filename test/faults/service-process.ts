import { type ChildProcess, fork } from 'node:child_process'
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instant, until } from './words.ts'

/** What a service process is started with. */
export interface ServiceSettings {
  readonly databaseUrl: string
  readonly port: number
  /** Folder with the issuer's key and the log key. */
  readonly keys: string
  readonly varDirectory: string
  readonly durability: 'D0' | 'D1' | 'D2'
  readonly clockOffsetMs: number
  /** The folder of another release, whose service is started instead of the present one. */
  readonly root?: string
  /** A folder of migrations instead of its own. */
  readonly migrations?: string
  /** Variables of the service's configuration. */
  readonly config: Readonly<Record<string, string>>
}

/** A running service. */
export interface ServiceProcess {
  readonly url: string
  readonly pid: number
  isRunning(): boolean
  /** Whether it has said that it listens. */
  isReady(): boolean
  /** Resolves when it listens. @throws when it ended or took too long */
  ready(limitMs?: number): Promise<void>
  kill(): Promise<void>
  /** SIGTERM; answers its exit code and how long it took, milliseconds. */
  drain(): Promise<{ readonly code: number | null; readonly ms: number }>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const READY_LIMIT_MS = 30_000
const END_LIMIT_MS = 30_000
const running = new Set<ServiceProcess>()

/** Starts a service; what it says on its standard streams goes to `logFile`. */
export function startService(settings: ServiceSettings, logFile: string): ServiceProcess {
  const log = openSync(logFile, 'a', 0o600)
  const child: ChildProcess = fork(join(settings.root ?? ROOT, 'test/faults/service.ts'), [], {
    execArgv: ['--import=tsx'],
    stdio: ['ignore', 'pipe', log, 'ipc'],
    detached: true,
    env: { ...process.env, FAULTS_SERVICE: JSON.stringify(settings) },
  })
  let isReady = false
  child.stdout?.on('data', (bytes: Buffer) => {
    if (bytes.toString().includes('ready\n')) isReady = true
    else writeSync(log, bytes)
  })
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const service: ServiceProcess = {
    url: `http://127.0.0.1:${settings.port}`,
    pid: child.pid ?? 0,
    isRunning: () => !hasEnded(),
    isReady: () => isReady,
    async ready(limitMs = READY_LIMIT_MS) {
      await until(() => isReady || hasEnded(), limitMs)
      if (!isReady)
        throw new Error(
          hasEnded() ? `the service ended with ${child.exitCode ?? child.signalCode}: see ${logFile}` : 'the service does not start',
        )
    },
    async kill() {
      if (!hasEnded()) child.kill('SIGKILL')
      await until(hasEnded, END_LIMIT_MS, 5)
      running.delete(service)
    },
    async drain() {
      const begun = instant()
      child.kill('SIGTERM')
      if (!(await until(hasEnded, END_LIMIT_MS, 5))) await service.kill()
      running.delete(service)
      return { code: child.exitCode, ms: Math.round(instant() - begun) }
    },
  }
  running.add(service)
  return service
}

/** Kills every service that still runs: the way out. */
export async function endAllServices(): Promise<void> {
  await Promise.all([...running].map((service) => service.kill()))
}
