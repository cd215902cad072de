import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What PostgreSQL writes into `postmaster.pid` about itself. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly isReady: boolean
}

const POLL_MS = 5

/**
 * The server that runs on this data folder, or undefined. A file left by a server that is gone does not count, nor does
 * a zombie (a killed server whose parent never asked for it), nor another process that has since been given its number.
 */
export function runningPostmaster(dataDirectory: string): Postmaster | undefined {
  const lines = readLines(join(dataDirectory, 'postmaster.pid'))
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid) || !worksIn(pid, dataDirectory)) return undefined
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' }
}

/** Removes `postmaster.pid` when no server stands behind it; PostgreSQL itself would take a zombie for a running server. */
export function removeStalePidFile(dataDirectory: string): void {
  if (!runningPostmaster(dataDirectory)) rmSync(join(dataDirectory, 'postmaster.pid'), { force: true })
}

/** Whether the process exists and is not a zombie (state Z in /proc/PID/stat; elsewhere than Linux, whether it can be signalled). */
export function isAlive(pid: number): boolean {
  const stat = readLines(`/proc/${pid}/stat`)[0]
  if (stat !== undefined) return !/^\d+ \(.*\) [ZX]/s.test(stat)
  if (process.platform === 'linux') return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until the process is gone. @returns false when it is still there after `limitMs` */
export async function waitForEnd(pid: number, limitMs: number): Promise<boolean> {
  for (const deadline = Date.now() + limitMs; isAlive(pid); await sleep(POLL_MS)) {
    if (Date.now() > deadline) return false
  }
  return true
}

/** Notes that this process uses the cluster, so that another one that stops does not take the server away from it. */
export function addUser(usersDirectory: string): void {
  mkdirSync(usersDirectory, { recursive: true, mode: 0o700 })
  writeFileSync(join(usersDirectory, String(process.pid)), startedAt(process.pid))
}

/** Takes this process off the list. @returns whether it was the last living user, who should stop the server */
export function removeUser(usersDirectory: string): boolean {
  rmSync(join(usersDirectory, String(process.pid)), { force: true })
  const others = readNames(usersDirectory).filter((name) => isSameProcess(Number(name), join(usersDirectory, name)))
  return others.length === 0
}

/** Runs `work` while no other process runs it for the same lock file; the lock of a dead process is taken over. */
export async function withLockFile<T>(path: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + limitMs; !tryLock(path); await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`another process is starting PostgreSQL and does not finish: ${path}`)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function tryLock(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600)
    writeSync(file, `${process.pid} ${startedAt(process.pid)}`)
    closeSync(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [pid, started] = (readLines(path)[0] ?? '').split(' ')
    if (pid && started && !(isAlive(Number(pid)) && startedAt(Number(pid)) === started)) rmSync(path, { force: true })
    return false
  }
}

function isSameProcess(pid: number, noteFile: string): boolean {
  return isAlive(pid) && startedAt(pid) === (readLines(noteFile)[0] ?? '')
}

/** When the process began, in clock ticks since boot (field 22 of /proc/PID/stat): tells it from a later one with its number. */
function startedAt(pid: number): string {
  const stat = readLines(`/proc/${pid}/stat`)[0] ?? ''
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder)
  } catch {
    return false
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
