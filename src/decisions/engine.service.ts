import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * Every file that an answer depends on, from `src/`: the rules, the policy they read, the words of the answer, and what those
 * import. `test/guard/engine-digest.test.ts` fails on an import that is missing here.
 */
export const ENGINE_FILES: readonly string[] = [
  'agreements/agreement.ts',
  'agreements/model/attested.ts',
  'agreements/model/flow-suspensions.ts',
  'agreements/model/in-force.ts',
  'agreements/model/lifecycle-facts.ts',
  'agreements/model/standing.ts',
  'decisions/answer.ts',
  'decisions/caller.ts',
  'decisions/decide.ts',
  'decisions/evaluation/candidates.ts',
  'decisions/evaluation/choose.ts',
  'decisions/evaluation/emergency.ts',
  'decisions/evaluation/evaluate.ts',
  'decisions/evaluation/expiry.ts',
  'decisions/rules/facts.ts',
  'decisions/evaluation/obligations.ts',
  'decisions/evaluation/one-off.ts',
  'decisions/rules/reason.ts',
  'decisions/evaluation/stage-zero.ts',
  'decisions/legal-grounds.ts',
  'decisions/policy/agreement-store.ts',
  'decisions/policy/compile.ts',
  'decisions/policy/pair-index.ts',
  'decisions/policy/policy-index.ts',
  'decisions/policy/policy-record.ts',
  'decisions/request-body.ts',
  'decisions/rules/assessment.ts',
  'decisions/rules/basis.ts',
  'decisions/rules/conditions.ts',
  'decisions/rules/coverage.ts',
  'decisions/rules/gateways.ts',
  'decisions/rules/lifecycle.ts',
  'decisions/rules/paper.ts',
  'decisions/rules/subjects.ts',
  'decisions/rules/transfers.ts',
  'decisions/unverified-law.ts',
  'disclosures/disclosure-record.ts',
  'parties/organisation.ts',
  'platform/kernel/instant.ts',
  'platform/kernel/london-day.ts',
  'platform/kernel/working-days.ts',
  'reference/code-list.ts',
  'reference/code-lists.ts',
  'reference/entry-readings.ts',
  'reference/gateway.ts',
  'reference/local-code.ts',
]

/** Digest of this build of the rules, `sha256:<hex>`: two builds with the same digest give the same answers (what they advise as `remedies` is no part of one). Comments do not count. */
export function engineDigest(): string {
  const digest = createHash('sha256')
  for (const file of ENGINE_FILES)
    digest.update(`${file}\n`).update(withoutComments(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')))
  return `sha256:${digest.digest('hex')}`
}

/** A source text without the comments that stand on lines of their own, and without blank lines. Only for files that have no others. Pure. */
export function withoutComments(source: string): string {
  return source.replace(/^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)[ \t]*$/gm, '').replace(/\n{2,}/g, '\n')
}
