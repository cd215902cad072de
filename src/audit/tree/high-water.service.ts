import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from '../format/checkpoint.ts'
import { type NoteVerifier, parseVkey } from '../format/signed-note.ts'

/** The newest checkpoint of each log this machine has published, outside the database, so that a restored backup is noticed (R23). */
export interface HighWater {
  /** Undefined when none was kept. @throws Error when the file does not carry the log's own signature */
  read(log: { readonly name: string; readonly vkey: string }): Checkpoint | undefined
  /** Durable when it returns. Never goes back: where a larger size is kept already (another process on this machine), nothing is done. */
  write(log: { readonly name: string; readonly vkey: string }, note: string): void
  /** Names of the logs that something was kept of, whatever their key. */
  names(): string[]
}

/** Keeps nothing: for a service whose database is thrown away. */
export const noHighWater: HighWater = { read: () => undefined, write: () => {}, names: () => [] }

/** Files `<log>-<key id>` in a folder, each the signed note itself: whoever changes one without the key is found out. */
export function highWaterFiles(directory: string): HighWater {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const fileOf = (name: string, verifier: NoteVerifier) => join(directory, `${name}-${verifier.keyId.toString(16).padStart(8, '0')}`)

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
    names: () => [...new Set(readdirSync(directory).flatMap((file) => /^(.+)-[0-9a-f]{8}$/.exec(file)?.[1] ?? []))],
  }
}
