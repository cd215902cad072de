import { londonDay } from '../platform/kernel/london-day.ts'
import type { CodeLists } from '../reference/code-lists.ts'
import type { Finding } from './evaluation/candidates.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import { expiresAt, type PermitPolicy } from './evaluation/expiry.ts'
import { agreementObligations, emergencyObligations, type Obligation, oneOffObligations } from './evaluation/obligations.ts'
import { type AssertedLaw, assertedLaw, type DisclosureGround, disclosureGround, type LegalGrounds, legalGrounds } from './legal-grounds.ts'
import type { PolicyAgreement } from './policy/policy.ts'
import type { PolicyIndex } from './policy/policy-index.ts'
import type { Remedy } from './remedies/remedies.ts'
import type { Reason } from './rules/reason.ts'
import { unverifiedLaw } from './unverified-law.ts'

/**
 * The answer to a decision request (domain reference, 6.8), as it is returned and recorded. Instants are ISO 8601 in UTC. What
 * makes one may never turn an outcome into another, nor name what its caller may not know.
 */
export interface Answer {
  readonly decision_id: string
  readonly decision: 'PERMIT' | 'DENY'
  readonly via: 'AGREEMENT' | 'AD_HOC' | 'BREAK_GLASS' | null
  readonly agreement: string | null
  readonly version: number | null
  /** SHA-256 of the text that the parties signed, hex; null where none was recorded. */
  readonly version_hash: string | null
  readonly flow: string | null
  readonly legal: LegalGrounds | null
  /** The one-off decision that a permit via AD_HOC rides on; null elsewhere. */
  readonly disclosure_decision: DisclosureGround | null
  /** What the duty manager relied on in a permit via BREAK_GLASS; null elsewhere. */
  readonly asserted_law: AssertedLaw | null
  readonly other_agreements: readonly string[]
  readonly reasons: readonly ExplainedReason[]
  readonly primary_reason: string | null
  /** What would make a DENY a permit, each tried out; null where it was not looked for (a permit, a stranger, a busy service). */
  readonly remedies: readonly Remedy[] | null
  readonly obligations: readonly Obligation[]
  readonly warnings: readonly string[]
  /** Codes of entries that the answer rests on and that were not checked against a source; advisory. Absent in records older than it. */
  readonly unverified_law: readonly string[]
  readonly evaluated_at: string
  readonly at: string
  readonly expires_at: string | null
  readonly policy_revision: number
  readonly policy_set_version: string
  readonly code_list_version: string
  readonly simulated: boolean
}

/** A reason with the words that go with it. */
export interface ExplainedReason extends Reason {
  readonly text: string
  /** For an information governance officer of a party; null for anybody else. */
  readonly officer_text: string | null
  readonly citation: string | null
  /** GOV_ROLE that decides how it is remedied; whose act a change is stands in the remedies. */
  readonly remedy_role: string | null
}

export interface AnswerContext {
  readonly decisionId: string
  readonly at: number
  readonly evaluatedAt: number
  readonly simulated: boolean
  readonly index: PolicyIndex
  /** Null: no instant until which a permit may be relied on is worked out (replay). */
  readonly policy: PermitPolicy | null
  /** Whether the caller may know that this agreement exists. */
  readonly mayKnow: (agreement: PolicyAgreement) => boolean
  readonly remedies: readonly Remedy[] | null
}

/** Puts an outcome into the words of 6.8. What the caller may not know is left out, never blurred into another answer. */
export function toAnswer(outcome: Outcome, context: AnswerContext): Answer {
  const { index } = context
  const expires = context.policy && expiresAt(outcome, context.policy)
  const at = iso(context.at)
  const common = {
    evaluated_at: context.evaluatedAt === context.at ? at : iso(context.evaluatedAt),
    at,
    expires_at: expires === null ? null : iso(expires),
    policy_revision: index.head.revision,
    policy_set_version: `sha256:${index.head.digest}`,
    code_list_version: index.codeListVersion,
    simulated: context.simulated,
  }
  if (outcome.decision === 'DENY') {
    const known = outcome.agreement && context.mayKnow(outcome.agreement) ? outcome.agreement : null
    const isHidden = outcome.agreement !== null && known === null
    const nearest = known ? outcome.nearest : null
    return {
      decision_id: context.decisionId,
      decision: 'DENY',
      ...NOTHING,
      ...common,
      agreement: known?.id ?? null,
      version: nearest?.version?.version ?? null,
      version_hash: nearest?.version?.hash ?? null,
      flow: nearest?.flow?.id ?? null,
      reasons: outcome.reasons.map((found) => explain(found, index.codes, isHidden)),
      primary_reason: outcome.reasons[0]?.code ?? null,
      remedies: isHidden ? null : context.remedies,
      // Of what its caller may not know it says nothing: which law a hidden text cites is part of it.
      unverified_law: isHidden ? [] : unverifiedLaw(outcome, index.codes.on(londonDay(context.at))),
    }
  }
  const unverified_law = unverifiedLaw(outcome, outcome.facts.codes)
  const said = { decision_id: context.decisionId, decision: 'PERMIT', ...NOTHING, ...common } as const
  return { ...said, via: outcome.via, unverified_law, ...permitted(outcome, context) }
}

const NOTHING = {
  via: null,
  agreement: null,
  version: null,
  version_hash: null,
  flow: null,
  legal: null,
  disclosure_decision: null,
  asserted_law: null,
  other_agreements: [],
  reasons: [],
  primary_reason: null,
  remedies: null,
  obligations: [],
  warnings: [],
  unverified_law: [],
} satisfies Partial<Answer>

type Permit = Extract<Outcome, { decision: 'PERMIT' }>

function permitted(outcome: Permit, context: AnswerContext): Partial<Answer> {
  const { decisionId } = context
  if (outcome.via === 'AD_HOC') {
    const { facts, oneOff } = outcome
    return { obligations: oneOffObligations(facts, oneOff, decisionId), disclosure_decision: disclosureGround(oneOff) }
  }
  if (outcome.via === 'BREAK_GLASS') {
    const { facts } = outcome
    return { obligations: emergencyObligations(facts, decisionId), warnings: emergencyWarnings(outcome), asserted_law: assertedLaw(facts) }
  }
  const { finding, facts, others } = outcome
  const isKnown = context.mayKnow(finding.agreement)
  const obligations = agreementObligations(facts, finding, isKnown, decisionId)
  const legal = legalGrounds(facts, finding)
  if (!isKnown) return { obligations, legal }
  return {
    obligations,
    legal,
    agreement: finding.agreement.id,
    version: finding.version?.version ?? null,
    version_hash: finding.version?.hash ?? null,
    flow: finding.flow?.id ?? null,
    other_agreements: otherAgreements(finding, others, context),
  }
}

/** Another flow of the agreement that permits is no other agreement. */
function otherAgreements({ agreement }: Finding, others: readonly Finding[], { mayKnow }: AnswerContext): string[] {
  const known = others.filter((other) => other.agreement.id !== agreement.id && mayKnow(other.agreement))
  return [...new Set(known.map((other) => other.agreement.id))].sort()
}

/** An objection or a restriction does not stop an emergency, but whoever breaks the glass is told (EM-3). */
function emergencyWarnings({ facts }: Extract<Permit, { via: 'BREAK_GLASS' }>): string[] {
  const { subject_flags } = facts.request
  return [
    ...(subject_flags.includes('OBJECTED') ? ['SUBJECT_OBJECTION'] : []),
    ...(subject_flags.includes('RESTRICTED') ? ['SUBJECT_RESTRICTION'] : []),
  ]
}

/** A caller who may not know the agreement gets the words for callers alone: details name its parties and its terms. */
function explain(found: Reason, codes: CodeLists, isHidden: boolean): ExplainedReason {
  const text = codes.reasonTexts.get(found.code)
  const isStranger = isHidden || found.code === 'CALLER_NOT_PARTY'
  const words = {
    text: text?.forCaller ?? found.code,
    officer_text: isStranger ? null : (text?.forOfficer ?? null),
    citation: text?.citation ?? null,
    remedy_role: text?.remedyRole ?? null,
  }
  return isHidden ? { code: found.code, detail: words.text, ...words } : { ...found, ...words }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
