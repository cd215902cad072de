import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answersAfter, answersWithin, judged, type Round, sleep, underLoad } from '../round.ts'
import { instant, until } from '../words.ts'

const SIZE = '180m'
const FULL_MS = 1_500

let answer: string | null | undefined

/** Why no small file system can be mounted here; null when it can. Tried once. */
function lacksTmpfs(): string | null {
  if (answer !== undefined) return answer
  if (process.getuid?.() !== 0) answer = 'not root: no small file system can be mounted'
  else {
    const folder = mkdtempSync(join(tmpdir(), 'accord-faults-mount-'))
    answer = mount(folder) ? null : 'mount -t tmpfs is not allowed here'
    unmount(folder)
  }
  return answer
}

const mounted = new Set<string>()

/** Mounts a small file system on the folder; says whether it could. */
export function mount(folder: string): boolean {
  mkdirSync(folder, { recursive: true })
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'accord-faults', folder]).status === 0
  if (isMounted) mounted.add(folder)
  return isMounted
}

/** Takes the file system away; one that something still uses goes when that has ended. */
export function unmount(folder: string): void {
  if (mounted.delete(folder) && spawnSync('umount', [folder]).status !== 0) spawnSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
}

/** Takes every file system away that is still mounted: the way out. */
export function unmountAll(): void {
  for (const folder of [...mounted]) unmount(folder)
}

/** FM-19: the disk of the database is full: no answers, no damage; with room again it goes on. The test system's folder is a small file system. */
export const diskFull: Round = {
  kind: 'disk-full',
  faults: 'F19',
  on: 'disk',
  lacks: lacksTmpfs,
  async run({ system }) {
    await system.oneService()
    const ballast = join(system.primary.directory, '..', 'ballast')
    let [fullAt, freeAt] = [0, 0]
    let restarts = 0
    const loaded = await underLoad(
      system,
      async () => {
        await sleep(700)
        fill(ballast)
        // Segments and pages that were there already are used up first.
        await until(() => leftBytes(system.primary.directory) < 65_536 && noAnswerFor(loadSeen(), 400), 6_000)
        fullAt = instant()
        await sleep(FULL_MS)
        freeAt = instant()
        rmSync(ballast, { force: true })
        if (!(await until(() => system.primary.pid() !== undefined, 500))) restarts += 1
        await system.primary.start()
      },
      { afterMs: 3_000 },
    )
    function loadSeen() {
      return system.ledger.decisions.at(-1)?.received ?? 0
    }
    const whileFull = answersWithin(loaded.seen, fullAt, freeAt)
    const findings = [
      !answersAfter(loaded.seen, freeAt) && 'no answer after there was room again',
      !loaded.seen.statuses.has('503') && 'nothing was refused: the disk was not full',
    ]
    return judged(loaded, { findings, notes: { while_full: whileFull, restarts } })
  },
}

function noAnswerFor(last: number, ms: number): boolean {
  return instant() - last > ms
}

function fill(file: string): void {
  const block = Buffer.alloc(1_048_576)
  for (const size of [block.length, 4_096]) {
    try {
      for (;;) writeFileSync(file, block.subarray(0, size), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

function leftBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
