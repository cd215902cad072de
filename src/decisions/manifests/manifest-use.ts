import type { StoredStandingPermit } from '../../agreements/model/standing-permit.ts'
import type { Asking } from '../permitted/seek.ts'
import { outcomeOf } from '../permitted/seek.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { Manifest, ManifestLine } from './manifest.ts'

/** What was shared on a line of a manifest, as its organisation reports it. */
export interface ReportedUse {
  /** The organisation's own name of it. */
  readonly reference: string
  readonly line: number
  readonly used_at: string
  /** How often. */
  readonly count: number
}

/** The same, judged and recorded. */
export interface RecordedUse extends ReportedUse {
  readonly manifest: string
  /** Why the manifest did not cover it; null: it did. */
  readonly not_covered: 'NO_SUCH_MANIFEST' | 'NO_SUCH_LINE' | 'BEFORE_ISSUE' | 'AFTER_END' | string | null
  /** Why it would have been denied at that instant, as is known now: reason codes, or STANDING_PERMIT_ENDED. Empty: it would not. */
  readonly revoked: readonly string[]
  readonly recorded_at: string
}

/** The same with its key and what the line of the manifest says; null: there is no such line. */
export interface StoredUse extends RecordedUse {
  readonly id: string
  readonly agreement: string | null
  readonly flow: string | null
  readonly provider: string | null
  readonly recipient: string | null
  readonly purpose: string | null
}

/** As whoever it concerns reads it. */
export interface ListedUse extends StoredUse {
  readonly reported_by: string
  /** null: a person reported it, or a client of another organisation. */
  readonly client: string | null
}

/** How a use may have been judged: IN_ORDER where it was covered and nothing stood against it. */
export const JUDGEMENTS = ['IN_ORDER', 'NOT_COVERED', 'REVOKED'] as const
export type Judgement = (typeof JUDGEMENTS)[number]

/** What a line of a file says of one. */
export const USE_COLUMNS = [
  ...['used_at', 'count', 'provider', 'recipient', 'purpose', 'agreement', 'flow', 'not_covered', 'revoked'],
  ...['reported_by', 'client', 'reference', 'manifest', 'line', 'recorded_at'],
] as const

/** A use with what its line says. */
export function withLine(use: RecordedUse, id: string, manifest: Manifest | null): StoredUse {
  const { agreement, flow, provider, recipient, purpose } = manifest?.lines[use.line - 1] ?? NO_LINE
  return { ...use, id, agreement, flow, provider, recipient, purpose }
}
const NO_LINE = { agreement: null, flow: null, provider: null, recipient: null, purpose: null } as const

/** What a use is judged on. `standing`: standing permits of the agreements of the manifest, ended ones too. */
export interface Judging {
  readonly manifest: Manifest | null
  readonly caller: Asking['caller']
  readonly index: PolicyIndex
  readonly standing: readonly Pick<StoredStandingPermit, 'agreement_id' | 'flow' | 'org' | 'allowed_at' | 'ended_at'>[]
}

/** Whether the manifest covered a use at its instant, and what stood against it by then that its holder may not have known. Pure. */
export function judged(use: ReportedUse, { manifest, caller, index, standing }: Judging): Pick<RecordedUse, 'not_covered' | 'revoked'> {
  if (manifest === null) return { not_covered: 'NO_SUCH_MANIFEST', revoked: [] }
  const line = manifest.lines[use.line - 1]
  if (!line) return { not_covered: 'NO_SUCH_LINE', revoked: [] }
  const at = Date.parse(use.used_at)
  const isStanding = standing.some(
    (one) =>
      one.agreement_id === line.agreement &&
      one.flow === line.flow &&
      index.codeOf(one.org) === index.codeOf(line.provider) &&
      Date.parse(one.allowed_at) <= at &&
      (one.ended_at === null || at < Date.parse(one.ended_at)),
  )
  const revoked = [...reasonsAgainst(line, { caller, at }, index), ...(isStanding ? [] : ['STANDING_PERMIT_ENDED'])]
  if (at < Date.parse(manifest.issued_at)) return { not_covered: 'BEFORE_ISSUE', revoked }
  return { not_covered: at < Date.parse(line.valid_until) ? null : 'AFTER_END', revoked }
}

/** Reason codes of a denial of the question that a line stands for, at an instant, as is known now. */
function reasonsAgainst(line: ManifestLine, asking: Asking, index: PolicyIndex): readonly string[] {
  const { provider, recipient, purpose, data_items, data_subjects, methods, data_form, subject_count, record_count, agreement } = line
  const question = {
    provider,
    recipient,
    purpose,
    data_items,
    data_subjects,
    method: methods[0] ?? null,
    country: 'GB',
    mode: 'SYSTEMATIC',
  } as const
  const outcome = outcomeOf({ ...question, data_form, subject_count, record_count, agreement_ref: agreement }, asking, index)
  return outcome.decision === 'PERMIT' ? [] : outcome.reasons.map(({ code }) => code)
}
