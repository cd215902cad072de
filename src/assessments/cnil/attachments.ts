import { createHash } from 'node:crypto'
import type { CnilAttachment } from './cnil-file.ts'

/** A file that is attached to an assessment there. What it is called and said to be is its sender's word. */
export interface Attached {
  readonly name: string
  readonly media_type: string
  /** Null: it was removed there, or cannot be read (which is a contradiction). */
  readonly bytes: Buffer | null
  readonly sha256: string | null
  /** The signed assessment itself. */
  readonly signed: boolean
  readonly comment: string
}

const DATA_URL = /^data:([^,;]*)(?:;[^,;]*)*;base64,([A-Za-z0-9+/]*={0,2})$/

/** A file of an assessment with its bytes. Pure. */
export function attached({ name, mime_type, file, pia_signed, comment }: CnilAttachment): Attached {
  const [, type, base64] = DATA_URL.exec(file ?? '') ?? []
  const bytes = base64 === undefined || base64.length % 4 !== 0 ? null : Buffer.from(base64, 'base64')
  return {
    ...{ name: name ?? '', media_type: mime_type || type || 'application/octet-stream', bytes },
    ...{ sha256: bytes && createHash('sha256').update(bytes).digest('hex'), signed: Number(pia_signed) === 1, comment: comment ?? '' },
  }
}
