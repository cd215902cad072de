import { canonicalJson } from './canonical-json.ts'
import { commitment, SALT_BYTES } from './commitment.ts'
import { encodeLeaf, type Leaf, leafHash } from './leaf.ts'

/** A leaf ready to be appended, with the payload it commits to. Bytes are made once and never serialised again (R5). */
export interface Entry {
  readonly id: string
  readonly leaf: Uint8Array
  readonly leafHash: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
}

/** Gives unpredictable bytes. */
export type RandomBytes = (size: number) => Uint8Array

type WithoutCommitment<L> = L extends { readonly c: string } ? Omit<L, 'c'> : never

/** Salts and commits to the payload, and encodes the leaf that carries the commitment (R35). */
export function entryOf(leaf: WithoutCommitment<Leaf>, payload: unknown, random: RandomBytes): Entry {
  const salt = random(SALT_BYTES)
  const body = Buffer.from(canonicalJson(payload), 'utf8')
  const bytes = encodeLeaf({ ...leaf, c: commitment(salt, body) } as Leaf)
  return { id: leaf.id, leaf: bytes, leafHash: leafHash(bytes), salt, body }
}
