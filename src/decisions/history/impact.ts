import type { Outcome } from '../evaluation/evaluate.ts'

/** An answer in short, for comparing. */
export interface ShortAnswer {
  readonly decision: 'PERMIT' | 'DENY'
  readonly reasons: readonly string[]
  /** The route a PERMIT takes; null: a DENY. */
  readonly via: Extract<Outcome, { decision: 'PERMIT' }>['via'] | null
}

/** One recorded share, answered without and with the change. */
export interface ImpactCase {
  readonly decision_id: string
  readonly at: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly without: ShortAnswer
  readonly with: ShortAnswer
}

/** A case that is compared: `isOtherwise` where both answers are PERMIT, by another route or another agreement. */
export interface ComparedCase extends ImpactCase {
  readonly isOtherwise: boolean
}

/** A reason, and in how many decisions. */
export interface ReasonCount {
  readonly code: string
  readonly count: number
}

/** What a change would have done to the decisions looked at. */
export interface ImpactReport {
  readonly examined: number
  readonly newly_denied: number
  readonly newly_permitted: number
  /** Denied before and after, for other reasons. */
  readonly other_reasons: number
  /** Permitted before and after, by another route or another agreement: with other obligations, or as an emergency. */
  readonly permitted_otherwise: number
  readonly unchanged: number
  /** Reasons that would appear, and in how many decisions. */
  readonly by_reason: readonly ReasonCount[]
  /** Reasons that would be gone, likewise: with the PERMIT they kept away, or for others. */
  readonly by_reason_gone: readonly ReasonCount[]
  readonly by_party: readonly {
    readonly provider: string
    readonly recipient: string
    readonly newly_denied: number
    readonly newly_permitted: number
  }[]
  readonly changes: readonly ImpactCase[]
}

/** An outcome in short. */
export function inShort(outcome: Outcome): ShortAnswer {
  return outcome.decision === 'DENY'
    ? { decision: 'DENY', reasons: outcome.reasons.map(({ code }) => code), via: null }
    : { decision: 'PERMIT', reasons: [], via: outcome.via }
}

/** Whether two permits stand on different ground. */
export function isOtherwise(a: Outcome, b: Outcome): boolean {
  if (a.decision === 'DENY' || b.decision === 'DENY') return false
  const agreement = (permit: typeof a) => (permit.via === 'AGREEMENT' ? permit.finding.agreement.id : null)
  return a.via !== b.via || agreement(a) !== agreement(b)
}

/** Counts and lists what would change, most frequent first; at most `listed` single decisions. Pure. */
export function impactReport(cases: readonly ComparedCase[], listed: number): ImpactReport {
  const changed = cases.filter(
    (one) => one.without.decision !== one.with.decision || one.without.reasons.join() !== one.with.reasons.join() || one.isOtherwise,
  )
  const denied = changed.filter((one) => one.without.decision === 'PERMIT' && one.with.decision === 'DENY')
  const permitted = changed.filter((one) => one.without.decision === 'DENY' && one.with.decision === 'PERMIT')
  const otherwise = changed.filter((one) => one.isOtherwise)
  const appearing = changed.flatMap((one) => one.with.reasons.filter((code) => !one.without.reasons.includes(code)))
  const gone = changed.flatMap((one) => one.without.reasons.filter((code) => !one.with.reasons.includes(code)))
  const pairs = new Map<string, ImpactCase[]>()
  for (const one of [...denied, ...permitted]) {
    const key = JSON.stringify([one.provider, one.recipient])
    const known = pairs.get(key)
    if (known) known.push(one)
    else pairs.set(key, [one])
  }
  return {
    examined: cases.length,
    newly_denied: denied.length,
    newly_permitted: permitted.length,
    other_reasons: changed.length - denied.length - permitted.length - otherwise.length,
    permitted_otherwise: otherwise.length,
    unchanged: cases.length - changed.length,
    by_reason: counts(appearing),
    by_reason_gone: counts(gone),
    by_party: [...pairs]
      .map(([key, those]) => {
        const [provider = '', recipient = ''] = JSON.parse(key) as string[]
        const newlyDenied = those.filter((one) => one.with.decision === 'DENY').length
        return { provider, recipient, newly_denied: newlyDenied, newly_permitted: those.length - newlyDenied }
      })
      .sort((a, b) => b.newly_denied + b.newly_permitted - (a.newly_denied + a.newly_permitted)),
    changes: changed.slice(0, listed).map(({ isOtherwise: _, ...shown }) => shown),
  }
}

function counts(codes: readonly string[]): ReasonCount[] {
  const found = new Map<string, number>()
  for (const code of codes) found.set(code, (found.get(code) ?? 0) + 1)
  return [...found].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([code, count]) => ({ code, count }))
}
