/** The logs that the cases are about, what a case is, and what a verifier is. */
import type { verifyExport } from '../../../src/verifier/export.ts'
import type { verifyProof } from '../../../src/verifier/proof.ts'
import type { unseenLog, witnessDecision } from '../../../src/verifier/witness.ts'
import { aLeaf, generateLog } from './generated-log.ts'

export interface Verifier {
  readonly verifyExport: typeof verifyExport
  readonly verifyProof: typeof verifyProof
  readonly witnessDecision: typeof witnessDecision
  readonly unseenLog: typeof unseenLog
}

/** `holds` answers whether the verifier behaves as the name says. */
export interface Case {
  readonly name: string
  readonly holds: (verifier: Verifier) => boolean
}

export const log = generateLog('decisions-2026', 600)
export const governance = generateLog('governance-2026', 3)
export const forked = generateLog('decisions-2026', 600, { salt: 9, key: log.signer.privateKey })
export const rewritten = generateLog('decisions-2026', 600, {
  key: log.signer.privateKey,
  keep: log.leaves.map((leaf, i) => (i === 299 ? aLeaf(i, 9) : leaf)),
})
export const shorter = generateLog('decisions-2026', 500, { key: log.signer.privateKey })
export const stranger = generateLog('decisions-2026', 600)
export const old = log.checkpointAt(300)

export const D = 'decisions-2026'
export const bundle = (n: number) => log.leaves.slice(n * 256, (n + 1) * 256)
