import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Place } from './seek.ts'

// Tokens by which a search goes on: sealed, so that nobody reads or makes one, by a key that is derived from that of the log; every node of
// the service opens those of the others.

/** Where a search goes on, and of which search, whose and until when. */
export interface PageToken {
  /** Digest of what was asked (`digestOf`). */
  readonly asked: string
  /** Digest of who asked. */
  readonly caller: string
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly limit: number
  /** The policy revision of the first page. */
  readonly revision: number
  readonly after: Place
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export type PageTokens = ReturnType<typeof pageTokens>

/** Seals and opens tokens. */
export function pageTokens(logKey: Uint8Array) {
  const key = Buffer.from(hkdfSync('sha256', logKey, '', 'accord: pages of searches', 32))
  return {
    seal(token: PageToken): string {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce)
      return Buffer.concat([nonce, cipher.update(JSON.stringify(token), 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    /** The token; undefined: it is none of ours, or was changed in any bit. */
    open(text: string): PageToken | undefined {
      const bytes = Buffer.from(text, 'base64url')
      // One token has one spelling.
      if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return undefined
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
      try {
        const opened = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES))
        return JSON.parse(Buffer.concat([opened, decipher.final()]).toString('utf8')) as PageToken
      } catch {
        return undefined
      }
    },
  }
}

/** Digest of a JSON value, whatever the order of its members. Pure. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(inOrder(value)).digest('base64url')
}

function inOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOrder(member)}`).join(',')}}`
}
