/**
 * Receipts against an export: whether every entry whose receipt somebody holds is in the log that was exported.
 *
 * A receipt shows what its holder was told; signed, it shows that the log told it.
 */
import { verify } from 'node:crypto'
import { type CheckResult, check, fail } from './check.ts'
import { type ExportFiles, mustRead, tileNumber } from './files.ts'
import { base64, decimal, type LogKey, readVkeys } from './note.ts'

/** A log of the export, its size by its signed checkpoint. */
export interface CoveredLog {
  readonly name: string
  readonly origin: string
  readonly size: number
  /** Whether a key of the reader signed it; else its own did, which anybody can make. */
  readonly isVouched: boolean
}

const FULL = 256
const FORM = /^origin="([^"\\]+)", index=(\d+), leaf="([0-9a-f]{64})", at=(\d+)(?:, signature=:([A-Za-z0-9+/=]+):)?$/

/**
 * One check a receipt, in the order given, one a line, empty lines passed over. Only with the checks of the export itself
 * (`verifyExport`) do they say anything: they compare with its tiles. `keyFile`: keys of receipts (`/log/<log>/receipt-vkey`),
 * obtained apart from the export; then every receipt must be signed by one of them. Never throws for what it is given.
 */
export function verifyReceipts(files: ExportFiles, logs: readonly CoveredLog[], receipts: string, keyFile?: string): CheckResult[] {
  const checks: CheckResult[] = []
  let keys: readonly LogKey[] | undefined
  if (keyFile !== undefined) {
    check(checks, 'receipt keys', () => {
      keys = readVkeys(keyFile)
      return keys.map(({ name }) => name).join(', ')
    })
  }
  const lines = receipts.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length === 0) check(checks, 'receipts', () => fail('the file holds no receipt'))
  lines.forEach((line, i) => {
    check(checks, `receipt ${i + 1}`, () => {
      const [, origin = '', number = '', leaf = '', at = '', signature] = FORM.exec(line.replace(/^accord-receipt: */i, '').trim()) ?? []
      if (origin === '') fail('malformed')
      const index = decimal(number, 'index')
      if (keyFile !== undefined) mustBeSigned(keys ?? [], { origin, index, leaf, at }, signature)
      const log = logs.find((one) => one.origin === origin) ?? fail(`the export has no log ${origin}`)
      if (!log.isVouched) fail(`no key you gave speaks for ${origin}`)
      if (index >= log.size) fail(`entry ${index} of ${origin} is left out: the export ends at ${log.size} entries`)
      if (hashAt(files, log, index) !== leaf) fail(`entry ${index} of ${origin} is another than the one this receipt was given for`)
      return `entry ${index} of ${origin}${keyFile === undefined ? ' (no key given: the receipt is its holder’s word)' : ''}`
    })
  })
  return checks
}

/** From the level 0 tile, which the checks of the export have compared with the entries. */
function hashAt(files: ExportFiles, { name, size }: CoveredLog, index: number): string {
  const n = Math.floor(index / FULL)
  const tile = mustRead(files, `${name}/tile/0/${tileNumber(n, Math.min(FULL, size - n * FULL))}`)
  return Buffer.from(tile.subarray((index % FULL) * 32, (index % FULL) * 32 + 32)).toString('hex')
}

function mustBeSigned(
  keys: readonly LogKey[],
  { origin, index, leaf, at }: { readonly origin: string; readonly index: number; readonly leaf: string; readonly at: string },
  signature: string | undefined,
): void {
  const key = keys.find(({ name }) => name === `${origin}/receipts`) ?? fail(`no key for receipts of ${origin}`)
  const signed = signature ?? fail('not signed')
  const message = Buffer.from(['audit-receipt/v1', origin, index, leaf, at].join('\n'))
  if (!verify(null, message, key.publicKey, base64(signed, 'signature'))) fail('the signature does not fit')
}
