import { readFileSync } from 'node:fs'
import type { CheckResult } from '../../verifier/check.ts'
import { verifyDecision } from '../../verifier/decision.ts'
import { verifyExport } from '../../verifier/export.ts'
import { exportFolder } from '../../verifier/folder.ts'
import { verifyProof } from '../../verifier/proof.ts'
import { verifyReceipts } from '../../verifier/receipt.ts'
import { type Command, type Io, readOptions, usage } from '../command.ts'

const USAGE = `usage: accord log verify DIR --vkey FILE [--old CHECKPOINT] [--receipt FILE [--receipt-vkey FILE]]
                         [--witness-vkey FILE [--quorum N]]
       accord log verify --proof FILE --leaf FILE --vkey FILE [--payload FILE --salt FILE]
       accord log verify --decision FILE --vkey FILE`

/** `log verify`: checks an export, or one decision, with the verifier alone: no database, no service, no network. */
export const verifyLog: Command = async (args, io) => {
  const asked = readArguments(args)
  if (!asked) return usage(io, USAGE)
  try {
    if ('decision' in asked) return report(verifyDecision(textOf(asked.decision), textOf(asked.vkey)).checks, io)
    return report('proof' in asked ? proofChecks(asked) : exportChecks(asked, io), io)
  } catch (error) {
    if (error instanceof UnreadableFile) return usage(io, error.message)
    throw error
  }
}

function proofChecks({ proof, leaf, vkey, payload, salt }: ProofArguments): readonly CheckResult[] {
  const claimed = payload === undefined || salt === undefined ? undefined : { payload: bytesOf(payload), salt: textOf(salt) }
  return verifyProof(textOf(proof), bytesOf(leaf), textOf(vkey), claimed).checks
}

/** What shows that a folder is whole, but by its own key alone, is said and not counted: anybody could have made it. */
function exportChecks(asked: ExportArguments, io: Io): readonly CheckResult[] {
  const { directory, vkey, old, receipt, receiptVkey } = asked
  const [keys, before] = [textOf(vkey), old === undefined ? undefined : textOf(old)]
  const files = opened(directory, () => exportFolder(directory))
  const { checks, unvouched, ignored, logs } = verifyExport(files, keys, before, witnessesOf(asked))
  if (receipt !== undefined)
    checks.push(...verifyReceipts(files, logs, textOf(receipt), receiptVkey === undefined ? undefined : textOf(receiptVkey)))
  for (const name of unvouched) io.out(`warning ${name}: no key you gave speaks for it; what fits the key it brings itself is not counted`)
  for (const path of ignored) io.out(`ignored ${path}`)
  return checks.filter(({ name, ok }) => !ok || !unvouched.some((log) => name.startsWith(`${log}: `)))
}

function witnessesOf({ witnessVkey, quorum }: ExportArguments) {
  if (witnessVkey === undefined) return undefined
  return { vkeys: textOf(witnessVkey), ...(quorum === undefined ? {} : { quorum: Number(quorum) }) }
}

/** A file that the caller named and that cannot be read. */
class UnreadableFile extends Error {}

function opened<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UnreadableFile(`${path}: ${code === 'ENOENT' ? 'there is no such file or folder' : `cannot be read (${code ?? message})`}`)
  }
}

const bytesOf = (path: string) => opened(path, () => readFileSync(path))
const textOf = (path: string) => bytesOf(path).toString('utf8')

/** One line a check, then the count; 0 only when every check passed, and there was one. */
export function report(checks: readonly CheckResult[], { out }: Io): number {
  for (const { name, ok, detail } of checks) out(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`)
  const failed = checks.filter(({ ok }) => !ok).length
  out(`${checks.length - failed} checks passed, ${failed} failed`)
  return failed === 0 && checks.length > 0 ? 0 : 1
}

interface ExportArguments {
  readonly directory: string
  readonly vkey: string
  readonly old: string | undefined
  readonly receipt: string | undefined
  readonly receiptVkey: string | undefined
  readonly witnessVkey: string | undefined
  /** How many of the witnesses; absent: all. */
  readonly quorum: string | undefined
}

interface ProofArguments {
  readonly proof: string
  readonly leaf: string
  readonly vkey: string
  readonly payload: string | undefined
  readonly salt: string | undefined
}

interface DecisionArguments {
  /** What `GET /v1/decisions/{id}` answered. */
  readonly decision: string
  readonly vkey: string
}

const TEXT = { type: 'string' } as const
const OPTIONS = {
  ...{ vkey: TEXT, old: TEXT, receipt: TEXT, 'receipt-vkey': TEXT, 'witness-vkey': TEXT, quorum: TEXT },
  ...{ proof: TEXT, leaf: TEXT, payload: TEXT, salt: TEXT, decision: TEXT },
}

function readArguments(args: readonly string[]): ExportArguments | ProofArguments | DecisionArguments | undefined {
  const asked = readOptions(args, OPTIONS)
  if (!asked) return undefined
  const {
    vkey,
    old,
    proof,
    leaf,
    payload,
    salt,
    receipt,
    'receipt-vkey': receiptVkey,
    'witness-vkey': witnessVkey,
    quorum,
    decision,
  } = asked
  const [directory, ...more] = asked.rest
  if (!vkey || more.length > 0) return undefined
  if ((receiptVkey && !receipt) || (quorum && !witnessVkey) || Boolean(payload) !== Boolean(salt)) return undefined
  if (decision) return directory || proof || leaf || payload || old || receipt || witnessVkey ? undefined : { decision, vkey }
  const ofExport = { vkey, old, receipt, receiptVkey, witnessVkey, quorum }
  if (directory !== undefined) return proof || leaf || payload ? undefined : { directory, ...ofExport }
  return proof && leaf && !old && !receipt && !witnessVkey ? { proof, leaf, vkey, payload, salt } : undefined
}
