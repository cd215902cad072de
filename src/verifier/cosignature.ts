/**
 * Cosignatures of witnesses on a checkpoint (C2SP tlog-cosignature, cosignature/v1): who else saw this state of the log, and when.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { fail } from './check.ts'
import { base64, isName, keyId, splitNote } from './note.ts'

/** A witness' key, out of a vkey of type 0x04. */
export interface WitnessVerifier {
  readonly name: string
  readonly id: Buffer
  readonly publicKey: KeyObject
}

/** One witness' statement: it saw the checkpoint at this time, seconds since 1970 UTC. */
export interface Cosigned {
  readonly name: string
  readonly timeSeconds: number
}

/** Reads a file of witness vkeys, one a line. Fails when there is none, when one is malformed or of another type, and for one given twice. */
export function readWitnessVkeys(file: string): WitnessVerifier[] {
  const lines = file.split(/\r?\n/).map((line) => line.trim())
  const keys = lines.filter((line) => line !== '').map(readWitnessVkey)
  if (keys.length === 0) fail('witness vkey: the file holds no key')
  const distinct = new Set(keys.map(({ publicKey }) => publicKey.export({ format: 'jwk' }).x))
  return distinct.size === keys.length ? keys : fail('witness vkey: one key twice counts as one witness')
}

function readWitnessVkey(vkey: string): WitnessVerifier {
  const [name = '', id = '', ...rest] = vkey.split('+')
  const bytes = base64(rest.join('+'), 'witness vkey')
  if (!isName(name) || bytes.length !== 33) fail('witness vkey: malformed')
  if (bytes[0] !== 4) fail(`witness vkey of ${name}: signature type ${bytes[0]}, a witness has 4 (cosignature/v1)`)
  if (keyId(name, bytes).toString('hex') !== id) fail(`witness vkey of ${name}: key id ${id} is not that of its key`)
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') }, format: 'jwk' })
  return { name, id: keyId(name, bytes), publicKey }
}

/** Which of these witnesses signed the note, each once. Lines of other keys are passed over; one of these that does not fit fails. */
export function cosignedBy(note: Uint8Array | string, witnesses: readonly WitnessVerifier[]): Cosigned[] {
  const { text, signatures } = splitNote(note)
  const found = new Map<WitnessVerifier, Cosigned>()
  for (const { name, id, signature } of signatures) {
    const witness = witnesses.find((known) => known.name === name && known.id.equals(id))
    if (witness === undefined) continue
    if (signature.length !== 72) fail(`cosignature of ${name}: ${signature.length} bytes, not a time and a signature`)
    const timeSeconds = Number(signature.readBigUInt64BE())
    const message = Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`)
    if (!verify(null, message, witness.publicKey, signature.subarray(8)))
      fail(`cosignature of ${name}: does not fit the checkpoint and its time`)
    found.set(witness, { name, timeSeconds })
  }
  return [...found.values()]
}
