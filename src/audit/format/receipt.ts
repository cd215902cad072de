import { sign } from 'node:crypto'
import type { NoteSigner } from './signed-note.ts'

/**
 * The receipt of one entry: where it stands, said the moment it is there and before any checkpoint covers it. Signed, it is
 * evidence: whoever holds one can show that the log later left its entry out. A statement and a key of its own, so that no
 * mistake here can fork the tree.
 */
export interface Receipt {
  readonly origin: string
  readonly index: number
  /** SHA-256 of a zero byte and the leaf (RFC 6962). */
  readonly leafHash: Uint8Array
  /** The instant in the leaf, milliseconds since 1970. */
  readonly at: number
}

/** One line for a header: a dictionary of structured fields (RFC 9651), with a signature when there is a signer. */
export function formatReceipt(receipt: Receipt, signer?: NoteSigner): string {
  const { origin, index, at } = receipt
  const line = `origin="${origin}", index=${index}, leaf="${hex(receipt.leafHash)}", at=${at}`
  return signer ? `${line}, signature=:${sign(null, receiptMessage(receipt), signer.privateKey).toString('base64')}:` : line
}

/** What is signed: the name of the statement, then origin, index, leaf hash in hex and instant, a line each, no newline at the end. */
function receiptMessage({ origin, index, leafHash, at }: Receipt): Buffer {
  return Buffer.from(['audit-receipt/v1', origin, index, hex(leafHash), at].join('\n'))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
