/**
 * What leaves the log as evidence: the offline proof handed to a party, and the request that asks a witness to cosign.
 *
 * Words: tlog-proof, add-checkpoint (C2SP tlog-proof, tlog-witness). Both quote the signed checkpoint to the byte.
 */
import { HASH_BYTES } from './merkle-tree.ts'
import { parseNote } from './signed-note.ts'

/** More hashes than any tree below 2^63 leaves needs; a witness refuses more. */
const PROOF_LINES_MAX = 63

/** A leaf's place, its inclusion proof (leaf's sibling first) and the signed checkpoint it leads to. */
export interface InclusionEvidence {
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  readonly checkpointNote: string
}

/** The text of a `.tlog-proof` file; whoever has it, the leaf bytes and the vkey needs nothing else. Throws on a malformed part. */
export function formatTlogProof({ index, hashes, checkpointNote }: InclusionEvidence): string {
  return `c2sp.org/tlog-proof@v1\nindex ${decimal(index)}\n${hashLines(hashes)}\n${mustBeNote(checkpointNote)}`
}

/** Body of `POST /add-checkpoint`: the size the witness is believed to hold, the proof from there, the checkpoint. Throws as above. */
export function formatAddCheckpoint(oldSize: number, consistencyProof: readonly Uint8Array[], checkpointNote: string): string {
  return `old ${decimal(oldSize)}\n${hashLines(consistencyProof)}\n${mustBeNote(checkpointNote)}`
}

function hashLines(hashes: readonly Uint8Array[]): string {
  if (hashes.length > PROOF_LINES_MAX) throw new Error(`a proof has at most ${PROOF_LINES_MAX} hashes, not ${hashes.length}`)
  const lines = hashes.map((hash) => {
    if (hash.length !== HASH_BYTES) throw new Error(`a proof hash has ${HASH_BYTES} bytes, not ${hash.length}`)
    return `${Buffer.from(hash).toString('base64')}\n`
  })
  return lines.join('')
}

function decimal(n: number): string {
  if (!Number.isSafeInteger(n) || n < 0) throw new Error(`${n} is no index or size`)
  return String(n)
}

function mustBeNote(note: string): string {
  parseNote(note)
  return note
}
