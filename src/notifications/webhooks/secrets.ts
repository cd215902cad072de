import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Secrets of webhooks, which the database keeps but cannot read: sealed with AES-256-GCM by a key that is derived from that of the log. */

const SECRET_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A secret, in the form that the Standard Webhooks specification gives it. */
export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
}

/** Seals secrets, each for one webhook and generation: moved to another it does not open. */
export function secretSeal(logKey: Uint8Array) {
  const key = Buffer.from(hkdfSync('sha256', logKey, '', 'accord: secrets of webhooks', 32))
  const nameOf = (webhook: string, generation: number) => Buffer.from(`${webhook} ${generation}`)
  return {
    seal(secret: string, webhook: string, generation: number): Buffer {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(nameOf(webhook, generation))
      return Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    /** The secret; undefined: it was sealed with another key, for another webhook or generation, or changed. */
    open(sealed: Buffer, webhook: string, generation: number): string | undefined {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES)).setAAD(nameOf(webhook, generation))
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
      try {
        const text = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}

export type SecretSeal = ReturnType<typeof secretSeal>
