/**
 * One decision as the service gives it to whoever may read it (`GET /v1/decisions/{id}`): a file that holds the leaf, its proof and,
 * where its reader may have it, the payload.
 */
import { type CheckResult, check, fail } from './check.ts'
import { verifyProof } from './proof.ts'

interface DecisionFile {
  readonly leaf: string
  readonly proof: string
  readonly payload: string | null
  readonly salt: string | null
}

/**
 * Whether the log with this vkey states that the entry in the file is its own, and, where the file holds it, whether what was asked and
 * answered is what the entry commits to. Never throws for what it is given: a file of another form is a check that failed.
 */
export function verifyDecision(file: string, vkey: string): { checks: CheckResult[] } {
  const checks: CheckResult[] = []
  let found: DecisionFile | undefined
  const isRead = check(checks, 'decision file', () => {
    found = readDecision(file)
    return found.payload === null ? 'an entry without its payload' : 'an entry with its payload'
  })
  if (!isRead || found === undefined) return { checks }
  const { leaf, proof, payload, salt } = found
  const claimed = payload === null ? undefined : { payload: Buffer.from(payload), salt: salt ?? '' }
  return { checks: [...checks, ...verifyProof(proof, Buffer.from(leaf), vkey, claimed).checks] }
}

function readDecision(file: string): DecisionFile {
  let whole: { readonly record?: Partial<DecisionFile> | null; readonly proof?: unknown } | null
  try {
    whole = JSON.parse(file)
  } catch {
    return fail('not JSON')
  }
  const { leaf, payload = null, salt = null } = whole?.record ?? {}
  const proof = whole?.proof ?? null
  if (typeof leaf !== 'string') return fail('no record of a decision')
  if (proof === null) return fail('no proof: it was read before a signed checkpoint covered the entry; read it again')
  if (typeof proof !== 'string' || !isTextOrNull(payload) || !isTextOrNull(salt)) return fail('not in the form of a decision')
  return { leaf, proof, payload, salt }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
