import { type AssessmentElsewhere, awaitsConfirmation, relaxes, type StatedAssessment } from '../../assessments/assessment.ts'
import { type Identity, isSamePerson } from '../../identity/principal.ts'
import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import type { Agreement } from '../agreement.ts'
import { isKeeper, presentParties } from './standing.ts'

/** One recorded elsewhere and whoever would confirm it. */
export interface Confirming {
  readonly record: AssessmentElsewhere & { readonly recordedBy: Identity }
  /** What counts now, and what would count. */
  readonly before: StatedAssessment
  readonly after: StatedAssessment
  /** Whether another agreement stands on the same assessment. */
  readonly isShared: boolean
  readonly person: Identity & { readonly org: string }
}

/** Why a person may not confirm an assessment made elsewhere now; undefined: they may. Pure. */
export function refusalToConfirm(agreement: Agreement, confirming: Confirming, at: Instant): Refusal | undefined {
  const { record, before, after, isShared, person } = confirming
  if (person.org !== record.org) return refusedFor('FORBIDDEN', 'DP-4', `A second person of ${record.org} confirms it, which recorded it.`)
  if (!isKeeper(agreement, person.org, at))
    return refusedFor('FORBIDDEN', 'WF-4', 'Another organisation keeps the text now: it records the assessment anew.')
  if (record.confirmed_at !== null) return refusedFor('CONFLICT', 'DP-4', 'It is confirmed already.')
  if (awaitsConfirmation(agreement.dpia)?.id !== record.id)
    return refusedFor(
      'CONFLICT',
      'DP-4',
      'Something else was recorded of the assessment since: confirm what was recorded last, or record it again as it is now.',
    )
  if (isSamePerson(record.recordedBy, person))
    return refusedFor('UNPROCESSABLE', 'DP-4', 'You recorded it: a second person of your organisation confirms it.')
  return relaxes(before, after) ? refusalToRelax(agreement, { isShared, since: record.recorded_at }, at) : undefined
}

/** Why an assessment is not relaxed: it serves others too, or a party has signed a text that does not name what was recorded then (ISO 8601). Pure. */
function refusalToRelax(
  agreement: Agreement,
  { isShared, since }: { readonly isShared: boolean; readonly since: string },
  at: Instant,
): Refusal | undefined {
  if (isShared) return sharedAssessment()
  const parties = signedBefore(agreement, instantOf(since), at)
  if (parties.length === 0) return undefined
  const detail = `Each controller accepts an assessment for itself, and the text that ${parties.join(', ')} signed last does not name this one. It can be confirmed once they have signed a version that does.`
  return refusedFor('ILLEGAL_STATE', 'DP-7', detail)
}

/** An assessment that several agreements stand on is relaxed through none of them. */
export function sharedAssessment(): Refusal {
  return refusedFor(
    'ILLEGAL_STATE',
    'DP-3',
    'Other agreements stand on this assessment too: through one of them it can be made stricter and not laxer.',
  )
}

/** The parties, of those that take part, whose last signature is on a text that was not frozen after an instant. Pure. */
function signedBefore(agreement: Agreement, since: Instant, at: Instant): string[] {
  const frozenAt = new Map(agreement.versions.map(({ version, frozen_at }) => [version, frozen_at ? instantOf(frozen_at) : null]))
  const signed = [
    ...agreement.signatures.map(({ org, version, carried_from }) => ({ org, version: carried_from ?? version })),
    ...(agreement.attested ?? []).filter(({ to }) => to === null),
  ]
  return presentParties(agreement, at).filter((org) => {
    const versions = signed.filter((one) => one.org === org).map(({ version }) => version)
    if (versions.length === 0) return false
    const frozen = frozenAt.get(Math.max(...versions)) ?? null
    return frozen === null || frozen <= since
  })
}

function refusedFor(code: Refusal['code'], rule: string, detail: string): Refusal {
  return refusal(code, detail, [{ pointer: '', detail, code: rule }])
}
