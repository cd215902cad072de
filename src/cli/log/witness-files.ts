import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
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
