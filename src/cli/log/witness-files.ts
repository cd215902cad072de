import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { COSIGNATURE_V1, formatSkey, formatVkey, parseSkey, signerOf } from '../../audit/format/signed-note.ts'
import type { WitnessState } from '../../verifier/witness.ts'

/** The witness' own key, of the cosignature type. */
export interface WitnessKey {
  readonly name: string
  readonly vkey: string
  readonly privateKey: KeyObject
}

/** Reads the key file, one line in signed-note form, or makes it with a new key of this name. @throws when it is of another type */
export function openWitnessKey(file: string, name: string): WitnessKey {
  if (!existsSync(file)) writeSafely(file, `${formatSkey(signerOf(name, generateKeyPairSync('ed25519').privateKey, COSIGNATURE_V1))}\n`)
  const signer = parseSkey(readFileSync(file, 'utf8').trim())
  if (signer.type !== COSIGNATURE_V1) throw new Error(`${file} holds no key for cosignatures`)
  return { name: signer.name, vkey: formatVkey(signer), privateKey: signer.privateKey }
}

/** What the witness has seen, as a JSON file that is replaced as a whole. */
export function openWitnessState(file: string): { read(): WitnessState; write(state: WitnessState): void } {
  return {
    read: () => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as WitnessState) : {}),
    write: (state) => writeSafely(file, `${JSON.stringify(state, null, 2)}\n`),
  }
}

/** That no other process works on the same state. */
export interface StateLock {
  /** @throws when another has taken the state over: nothing more may be signed on it */
  mustHold(): void
  release(): void
}

/** Another witness works on the state: two that do not see what the other signed would both sign a fork. */
export class StateHeldError extends Error {
  override name = 'StateHeldError'
}

/**
 * Takes the state for this process alone, with a file beside it that names the process. One that died is replaced; on another
 * machine or in another container nobody can tell, and it counts as alive.
 * @throws StateHeldError
 */
export function lockState(stateFile: string): StateLock {
  const file = `${stateFile}.lock`
  const own = `${holderOf(process.pid)} ${randomUUID()}`
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, own, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [, holder = '', pid = ''] = /^(\S+ (\d+) \S+) /.exec(readFileSync(file, 'utf8')) ?? []
    if (!isGone(holder, Number(pid)))
      throw new StateHeldError(
        `${stateFile} is in use by another witness (${file}: ${holder}); when that is certainly gone, delete ${file}`,
      )
    writeFileSync(`${file}.${process.pid}`, own, { mode: 0o600 })
    renameSync(`${file}.${process.pid}`, file)
  }
  // Of two that replace a dead one at the same moment the later stays; the other finds out before it signs.
  const isOurs = () => existsSync(file) && readFileSync(file, 'utf8') === own
  return {
    mustHold() {
      if (!isOurs()) throw new StateHeldError(`${stateFile} was taken over by another witness`)
    },
    release() {
      if (isOurs()) unlinkSync(file)
    },
  }
}

/** `<host> <pid> <start>`: the start, in ticks since boot, tells a process from a later one with the same number. */
function holderOf(pid: number): string {
  return `${hostname()} ${pid} ${startOf(pid) ?? 'unknown'}`
}

function isGone(holder: string, pid: number): boolean {
  if (!holder.startsWith(`${hostname()} `)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
  }
  return holderOf(pid) !== holder
}

/** From `/proc`; undefined where there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** Durable when it returns: written beside, flushed, renamed, and the folder flushed. Readable by its owner only. */
function writeSafely(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const handle = openSync(`${file}.new`, 'w', 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${file}.new`, file)
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
