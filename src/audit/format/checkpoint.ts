/**
 * Checkpoints: the log's signed statement of its size and root. Whoever holds two can demand that one extends the other.
 *
 * Words: origin, tree size, root hash (C2SP tlog-checkpoint). Ours carry no extension lines, since nobody can audit
 * those: what must be said goes into a leaf (R29).
 */
import { EMPTY_ROOT, HASH_BYTES } from './merkle-tree.ts'
import { type NoteSigner, type NoteVerifier, parseNote, signNote, type VerifiedSignature, verifyNote } from './signed-note.ts'

/** `origin` names the log and its key: scheme-less URL. `size` counts leaves. `root` is 32 bytes. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/** The three lines that are signed, newline at the end. Throws on a checkpoint that could not be read back. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
  parseCheckpoint(text)
  return text
}

/**
 * Reads the text of a checkpoint. Throws on extension lines, a size with leading zeros or beyond 2^53 - 1, a root that
 * is not 32 bytes in canonical base64, an empty tree with another root than the empty one.
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [, origin, digits, base64] = /^([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? []
  if (origin === undefined || digits === undefined || base64 === undefined) throw new Error('checkpoint: not an origin, a size and a root')
  const size = Number(digits)
  if (!Number.isSafeInteger(size)) throw new Error('checkpoint: the size is beyond 2^53 - 1')
  const root = Buffer.from(base64, 'base64')
  if (root.length !== HASH_BYTES || root.toString('base64') !== base64) throw new Error('checkpoint: the root is not canonical base64')
  if (size === 0 && !root.equals(EMPTY_ROOT)) throw new Error('checkpoint: the empty tree has another root')
  return { origin, size, root }
}

/** The signed checkpoint. During a key's overlap two keys sign (R28). Throws when no signer is named as the origin. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  if (!signers.some(({ name }) => name === checkpoint.origin))
    throw new Error(`checkpoint of ${checkpoint.origin}: no key of that name signs it`)
  return signNote(formatCheckpoint(checkpoint), signers)
}

/** A checkpoint that a known key named as its origin signed, with all known signatures, cosignatures too. Throws otherwise. */
export function openCheckpoint(
  note: string | Uint8Array,
  known: readonly NoteVerifier[],
): { checkpoint: Checkpoint; signatures: VerifiedSignature[] } {
  const parsed = parseNote(note)
  const signatures = verifyNote(parsed, known)
  const checkpoint = parseCheckpoint(parsed.text)
  const isByTheLog = signatures.some(({ verifier, timeSeconds }) => verifier.name === checkpoint.origin && timeSeconds === undefined)
  if (!isByTheLog) throw new Error(`checkpoint of ${checkpoint.origin}: not signed by the log itself`)
  return { checkpoint, signatures }
}
