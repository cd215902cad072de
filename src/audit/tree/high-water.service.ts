import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../format/checkpoint.ts'
import { type NoteVerifier, parseNote, parseVkey } from '../format/signed-note.ts'

/** The newest checkpoint of each log this machine has published, outside the database, so that a restored backup is noticed (R23). */
export interface HighWater {
  /** Undefined when none was kept. @throws Error when the file does not carry the log's own signature */
  read(log: { readonly name: string; readonly vkey: string }): Checkpoint | undefined
  /** Durable when it returns. Never goes back: where a larger size is kept already (another process on this machine), nothing is done. */
  write(log: { readonly name: string; readonly vkey: string }, note: string): void
  /** Names of the logs that something was kept of, whatever their key. */
  names(): string[]
  /** What is kept, of whatever log and key. Files that hold no checkpoint are left out. */
  kept(): KeptCheckpoint[]
}

/** What a kept file says: without the key of its log nobody can tell whether that is true. */
export interface KeptCheckpoint {
  readonly name: string
  /** Of the key it was filed under, as `keyIdOf` writes it. */
  readonly keyId: string
  readonly origin: string
  readonly size: number
}

/** Keeps nothing: for a service whose database is thrown away. */
export const noHighWater: HighWater = { read: () => undefined, write: () => {}, names: () => [], kept: () => [] }

/** A key's id, eight hexadecimal digits. */
export const keyIdHex = ({ keyId }: NoteVerifier): string => keyId.toString(16).padStart(8, '0')

/** Files `<log>-<key id>` in a folder, each the signed note itself: whoever changes one without the key is found out. */
export function highWaterFiles(directory: string): HighWater {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const fileOf = (name: string, verifier: NoteVerifier) => join(directory, `${name}-${keyIdHex(verifier)}`)

  function files() {
    return readdirSync(directory).flatMap((file) => {
      const [, name, keyId] = /^(.+)-([0-9a-f]{8})$/.exec(file) ?? []
      return name !== undefined && keyId !== undefined ? [{ file: join(directory, file), name, keyId }] : []
    })
  }

  function read({ name, vkey }: { readonly name: string; readonly vkey: string }): Checkpoint | undefined {
    const verifier = parseVkey(vkey)
    const file = fileOf(name, verifier)
    return existsSync(file) ? openCheckpoint(readFileSync(file), [verifier]).checkpoint : undefined
  }

  return {
    read,
    write(log, note) {
      const verifier = parseVkey(log.vkey)
      const { checkpoint } = openCheckpoint(note, [verifier])
      const known = read(log)
      if (known && known.size >= checkpoint.size) return
      const file = fileOf(log.name, verifier)
      const written = `${file}.${process.pid}.new`
      const handle = openSync(written, 'w', 0o600)
      try {
        writeSync(handle, note)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(written, file)
      // The rename itself survives a power loss only once its folder is on disk.
      const folder = openSync(directory, 'r')
      try {
        fsyncSync(folder)
      } finally {
        closeSync(folder)
      }
    },
    names: () => [...new Set(files().map(({ name }) => name))],
    kept: () =>
      // A folder that was taken away stops whoever writes to it, not whoever looks for what was lost.
      (existsSync(directory) ? files() : []).flatMap(({ file, name, keyId }) => {
        const said = claimOf(file)
        return said ? [{ name, keyId, origin: said.origin, size: said.size }] : []
      }),
  }
}

function claimOf(file: string): Checkpoint | undefined {
  try {
    return parseCheckpoint(parseNote(readFileSync(file)).text)
  } catch {
    return undefined
  }
}
