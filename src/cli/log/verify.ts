import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Check } from '../../verifier/check.ts'
import { verifyExport } from '../../verifier/export.ts'
import { exportFolder } from '../../verifier/folder.ts'
import { verifyProof } from '../../verifier/proof.ts'
import { verifyReceipts } from '../../verifier/receipt.ts'
import type { Command, Io } from '../command.ts'

const USAGE = `usage: accord log verify DIR --vkey FILE [--old CHECKPOINT] [--receipt FILE [--receipt-vkey FILE]]
       accord log verify --proof FILE --leaf FILE --vkey FILE`

/** `log verify`: checks an export, or one decision, with the verifier alone: no database, no service, no network. */
export const verifyLog: Command = async (args, io) => {
  const asked = readArguments(args)
  if (!asked) {
    io.err(USAGE)
    return 2
  }
  const vkey = readFileSync(asked.vkey, 'utf8')
  if ('proof' in asked) return report(verifyProof(readFileSync(asked.proof, 'utf8'), readFileSync(asked.leaf), vkey).checks, io)
  const old = asked.old === undefined ? undefined : readFileSync(asked.old, 'utf8')
  const files = exportFolder(asked.directory)
  const { checks, unvouched, ignored, logs } = verifyExport(files, vkey, old)
  if (asked.receipt !== undefined) {
    const keys = asked.receiptVkey === undefined ? undefined : readFileSync(asked.receiptVkey, 'utf8')
    checks.push(...verifyReceipts(files, logs, readFileSync(asked.receipt, 'utf8'), keys))
  }
  for (const name of unvouched) io.out(`unvouched ${name}: no key you gave speaks for it; it was checked against the key it brings itself`)
  for (const path of ignored) io.out(`ignored ${path}`)
  return report(checks, io)
}

/** One line a check, then the count; 0 only when every check passed, and there was one. */
export function report(checks: readonly Check[], { out }: Io): number {
  for (const { name, ok, detail } of checks) out(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`)
  const failed = checks.filter(({ ok }) => !ok).length
  out(`${checks.length - failed} checks passed, ${failed} failed`)
  return failed === 0 && checks.length > 0 ? 0 : 1
}

type Asked =
  | {
      readonly directory: string
      readonly vkey: string
      readonly old: string | undefined
      readonly receipt: string | undefined
      readonly receiptVkey: string | undefined
    }
  | { readonly proof: string; readonly leaf: string; readonly vkey: string }

function readArguments(args: readonly string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        vkey: { type: 'string' },
        old: { type: 'string' },
        receipt: { type: 'string' },
        'receipt-vkey': { type: 'string' },
        proof: { type: 'string' },
        leaf: { type: 'string' },
      },
      allowPositionals: true,
    })
    const { vkey, old, proof, leaf, receipt, 'receipt-vkey': receiptVkey } = values
    const [directory, ...more] = positionals
    if (!vkey || more.length > 0) return undefined
    if (receiptVkey && !receipt) return undefined
    if (directory !== undefined) return proof || leaf ? undefined : { directory, vkey, old, receipt, receiptVkey }
    return proof && leaf && !old && !receipt ? { proof, leaf, vkey } : undefined
  } catch {
    return undefined
  }
}
