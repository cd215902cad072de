/**
 * The verifier: what a stranger runs to check a log without trusting whoever keeps it.
 *
 * Written from RFC 6962 and the C2SP specifications alone. It imports nothing of this program outside this folder, so
 * that a fault of the writer cannot be shared by what finds it. It reads, recomputes and reports; it never repairs.
 */

/** One thing checked. `detail` says what was found true, or what is wrong and where: which file, which index. */
export interface CheckResult {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** Why something is refused. Thrown inside the verifier and reported as a failed check; anything else thrown is a defect. */
export class Fault extends Error {
  override name = 'Fault'
}

/** Runs one check: its answer becomes the detail, a Fault becomes the failure. Answers whether it held. */
export function check(checks: CheckResult[], name: string, run: () => string): boolean {
  try {
    checks.push({ name, ok: true, detail: run() })
    return true
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    checks.push({ name, ok: false, detail: error.message })
    return false
  }
}

/** Stops a check with what is wrong. */
export function fail(detail: string): never {
  throw new Fault(detail)
}
