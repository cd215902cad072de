/**
 * The commitment of a leaf to its payload: shows later that a disclosed payload is the recorded one, and says nothing before.
 */
import { createHash, hash } from 'node:crypto'

/** Random bytes per event, kept beside the payload and erased with it. */
export const SALT_BYTES = 32

/** Names what is hashed, so that the value can never be taken for a hash made for another purpose. */
const PREFIX = Buffer.from('audit-payload/v1\0', 'utf8')
/** Bytes beyond which hashing in parts costs less than a copy. */
const COPIED_MAX = 32_768

/**
 * SHA-256("audit-payload/v1" || 0x00 || salt || body), 64 lower-case hex digits: member `c` of a leaf.
 *
 * Pure; the salt is an argument. Once salt and body are erased the value cannot be guessed back, which a plain hash
 * of the body could be. Throws when the salt is not exactly 32 bytes: with a shorter one the boundary to the body moves.
 * @see audit log rules R35, R36
 */
export function commitment(salt: Uint8Array, body: Uint8Array): string {
  if (salt.length !== SALT_BYTES) throw new Error(`commitment: the salt has ${salt.length} bytes, not ${SALT_BYTES}`)
  // What is long is not copied to be hashed.
  if (body.length > COPIED_MAX) return createHash('sha256').update(PREFIX).update(salt).update(body).digest('hex')
  return hash('sha256', Buffer.concat([PREFIX, salt, body]), 'hex')
}

/** Salt and body as they are stored beside a leaf. */
export interface StoredPayload {
  readonly salt: Uint8Array
  readonly body: Uint8Array
}

/**
 * Whether a stored payload is the one that this leaf, of this event, commits to. Every reader asks this before it shows a
 * payload: whoever can write to the table could have put other words there. Pure; never throws.
 */
export function isRecorded(id: string, leaf: string, { salt, body }: StoredPayload): boolean {
  try {
    const named = JSON.parse(leaf) as { readonly id?: unknown; readonly c?: unknown }
    return named.id === id && named.c === commitment(salt, body)
  } catch {
    return false
  }
}
