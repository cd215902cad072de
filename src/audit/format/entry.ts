import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { commitment, SALT_BYTES } from './commitment.ts'
import type { Leaf } from './leaf.ts'
import { encodeLeaf, leafHash } from './leaf-bytes.ts'
import { leafCode, leafCodes } from './leaf-codes.ts'

/** A leaf ready to be appended, with the payload it commits to. Bytes are made once and never serialised again (R5). */
export interface Entry {
  readonly id: string
  readonly leaf: Uint8Array
  readonly leafHash: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
}

/** An entry that commits to no payload: the log's own events. */
export interface BareEntry extends Omit<Entry, 'salt' | 'body'> {
  readonly salt: null
  readonly body: null
}

type WithoutCommitment<L> = L extends { readonly c: string } ? Omit<L, 'c'> : never

/**
 * Salts and commits to the payload, and encodes the leaf that carries the commitment (R35).
 *
 * The payload is any JSON value, fractions and lone surrogates too: its bytes are made once and stored, so no canonical form
 * is needed. Codes that do not have the closed form are UNLISTED in the leaf. So nothing a caller sends makes this throw.
 */
export function entryOf(leaf: WithoutCommitment<Leaf>, payload: unknown, random: RandomBytes): Entry {
  return entryOfText(leaf, JSON.stringify(payload ?? null), random)
}

/** The same, of a payload that is JSON already. */
export function entryOfText(leaf: WithoutCommitment<Leaf>, payload: string, random: RandomBytes): Entry {
  const salt = random(SALT_BYTES)
  const body = Buffer.from(payload, 'utf8')
  const bytes = encodeLeaf({ ...leaf, ...closedCodes(leaf), c: commitment(salt, body) } as Leaf)
  return { id: leaf.id, leaf: bytes, leafHash: leafHash(bytes), salt, body }
}

/** An entry of the log's own, without a payload. */
export function bareEntryOf(leaf: Exclude<Leaf, { readonly c: string }>): BareEntry {
  const bytes = encodeLeaf(leaf)
  return { id: leaf.id, leaf: bytes, leafHash: leafHash(bytes), salt: null, body: null }
}

function closedCodes(leaf: WithoutCommitment<Leaf>): object {
  if ('rc' in leaf) return { rc: leafCodes(leaf.rc) }
  if (!('act' in leaf)) return {}
  return {
    ...(leaf.from === undefined ? {} : { from: leafCode(leaf.from) }),
    ...(leaf.to === undefined ? {} : { to: leafCode(leaf.to) }),
  }
}
