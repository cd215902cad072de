import { createPrivateKey, hkdfSync } from 'node:crypto'
import { type NoteSigner, signerOf } from './signed-note.ts'

const SEED_BYTES_MIN = 32
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The signing key of one log, derived from the service's one secret: a key a log, and therefore one rotation a period,
 * with one secret to keep (R28). Ed25519; the key's name is the log's origin.
 *
 * @param secret at least 32 unpredictable bytes
 * @see RFC 5869 (HKDF), RFC 8032 (Ed25519)
 */
export function logSigner(secret: Uint8Array, origin: string): NoteSigner {
  return derived(secret, 'accord-log-key/v1', origin, origin)
}

/** The key that receipts of a log are signed with: from the same secret, another key, named `<origin>/receipts`. */
export function receiptSigner(secret: Uint8Array, origin: string): NoteSigner {
  return derived(secret, 'accord-receipt-key/v1', origin, `${origin}/receipts`)
}

/** The key that manifests recorded in a log are signed with: from the same secret, another key, named `<origin>/manifests`. */
export function manifestSigner(secret: Uint8Array, origin: string): NoteSigner {
  return derived(secret, 'accord-manifest-key/v1', origin, `${origin}/manifests`)
}

function derived(secret: Uint8Array, purpose: string, origin: string, name: string): NoteSigner {
  if (secret.length < SEED_BYTES_MIN) throw new Error(`the log key must have at least ${SEED_BYTES_MIN} bytes`)
  const seed = Buffer.from(hkdfSync('sha256', secret, purpose, origin, 32))
  return signerOf(name, createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' }))
}
