import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What the parent sends. */
export interface Load {
  readonly origin: string
  readonly method: 'GET' | 'POST'
  readonly connections: number
  readonly seconds: number
  /** One after the other, in turn over all connections. */
  readonly requests: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string }[]
  /** What a reply must be and hold to count; anything else is `wrong`. */
  readonly status: number
  readonly expected: string
  /** What a reply holds that is right and lacks what is counted here; absent: there is none. It is neither counted nor `wrong`. */
  readonly lacking?: string
}

/** What a load measured; times in milliseconds. */
export interface LoadResult {
  readonly answers: number
  readonly wrong: number
  readonly lacking: number
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly loadCpuMs: number
  readonly firstWrong: string | null
}

/** Starts a program of this folder and sends it its settings; its output goes nowhere, so that printing costs what it costs. */
export function start(program: string, settings: unknown, nodeOptions: readonly string[] = []): ChildProcess {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), {
    execArgv: ['--import=tsx', ...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send(settings as object)
  return child
}

/** The next message of a child. @throws Error when it ends before */
export async function message<T>(child: ChildProcess): Promise<T> {
  const gone = new AbortController()
  try {
    return await Promise.race([
      once(child, 'message', { signal: gone.signal }).then(([value]) => value as T),
      once(child, 'exit', { signal: gone.signal }).then(([code]) =>
        Promise.reject(new Error(`a process of the benchmark ended with ${code}`)),
      ),
    ])
  } finally {
    gone.abort()
  }
}

/** Ends a child and waits until it has. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Whose processor time is counted while a load runs. */
export type Counted = Readonly<Record<string, number>>

/** A load, and the processor time of others while it ran, milliseconds an answer. */
export interface Measured extends LoadResult {
  readonly cpuMs: Readonly<Record<string, number>>
}

/** Runs a load; `counted` are process ids by name, each counted with all its children. */
export async function measure(load: Load, counted: Counted): Promise<Measured> {
  const child = start('./load.ts', load)
  await message(child)
  const before = cpuOf(counted)
  await message(child)
  const after = cpuOf(counted)
  const result = await message<LoadResult>(child)
  await once(child, 'exit')
  const cpuMs = Object.fromEntries(
    Object.keys(counted).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / Math.max(1, result.answers)]),
  )
  return { ...result, cpuMs }
}

const TICKS_PER_SECOND = 100

function cpuOf(counted: Counted): Record<string, number> {
  return Object.fromEntries(Object.entries(counted).map(([name, pid]) => [name, cpuMsOf(pid)]))
}

/** Processor time of a process, its living children and those it has waited for, milliseconds (proc(5), fields 14 to 17). */
function cpuMsOf(pid: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'utf8')
        const fields = text
          .slice(text.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        return [
          {
            pid: Number(name),
            parent: fields[1],
            own: (fields[11] ?? 0) + (fields[12] ?? 0),
            waited: (fields[13] ?? 0) + (fields[14] ?? 0),
          },
        ]
      } catch {
        return []
      }
    })
  const ticks = stats.reduce((sum, stat) => sum + (stat.pid === pid ? stat.own + stat.waited : stat.parent === pid ? stat.own : 0), 0)
  return (ticks * 1000) / TICKS_PER_SECOND
}
