import type { LegalSide } from '../../agreements/agreement.ts'
import { citesLaw, controllerSides, isPublicAuthorityInTask, type Rule } from './facts.ts'
import { type Reason, reason } from './reason.ts'

/** Bases closed to a public authority performing its tasks (Art 6(1) UK GDPR, closing words). */
export const CLOSED_TO_PUBLIC_AUTHORITIES: ReadonlySet<string> = new Set(['6(1)(f)', '6(1)(ea)'])
/** Bases that need a law laid down (Art 6(3) UK GDPR). */
const NEED_BASIS_IN_LAW = new Set(['6(1)(c)', '6(1)(e)'])

/** The bases that a side records. A Part 3 side records no Art 6 basis: its one basis is the task (DPA 2018 s35(2)). */
export function recordedBases({ regime, art6 }: LegalSide): readonly string[] {
  return regime === 'PART_3' ? ['PART3_TASK'] : art6
}

/** CK-4: the basis L that the caller asserts, on the provider's side only; both reasons may apply. */
export const assertedBasis: Rule = ({ request, provider }, { flow }) => {
  const asserted = request.lawful_basis
  if (asserted === null) return []
  const legal = flow.source.legal.provider
  const found: Reason[] = []
  if (CLOSED_TO_PUBLIC_AUTHORITIES.has(asserted) && isPublicAuthorityInTask(provider, legal)) {
    found.push(
      reason('LAWFUL_BASIS_NOT_AVAILABLE', `${asserted} is not open to a public authority performing its tasks.`, {
        side: 'PROVIDER',
        items: [asserted],
      }),
    )
  }
  if (!recordedBases(legal).includes(asserted)) {
    found.push(
      reason('LAWFUL_BASIS_MISMATCH', `${asserted} is not recorded for ${provider.code} on this flow.`, {
        side: 'PROVIDER',
        items: [asserted],
      }),
    )
  }
  return found
}

/** CK-5: the bases that each UK GDPR side records. */
export const recordedBasis: Rule = (facts, candidate) =>
  controllerSides(facts, candidate).flatMap(({ side, organisation, legal }) => {
    if (legal.regime !== 'UK_GDPR') return []
    const bases = legal.art6.filter((basis) => facts.codes.lawfulBases.has(basis))
    if (bases.length === 0) return [reason('LAWFUL_BASIS_MISSING', `No Art 6 basis is recorded for ${organisation.code}.`, { side })]
    const found: Reason[] = []
    if (isPublicAuthorityInTask(organisation, legal) && bases.every((basis) => CLOSED_TO_PUBLIC_AUTHORITIES.has(basis))) {
      found.push(
        reason(
          'LAWFUL_BASIS_NOT_AVAILABLE',
          `${bases.join(', ')} is not open to ${organisation.code}, a public authority performing its tasks.`,
          { side, items: bases },
        ),
      )
    }
    if (!citesLaw(facts, { side, legal }) && bases.some((basis) => NEED_BASIS_IN_LAW.has(basis))) {
      found.push(
        reason('BASIS_IN_LAW_MISSING', `${bases.join(', ')} is recorded for ${organisation.code} without the law it rests on.`, {
          side,
          items: bases,
        }),
      )
    }
    return found
  })

/** CK-15: a new purpose needs a compatibility ground that Art 8A leaves open (PC-1, PC-2). */
export const compatibility: Rule = ({ codes, provider }, { flow }) => {
  const record = flow.source.compatibility
  if (!record?.new_purpose) return []
  const { ground } = record
  if (ground === null || ground === 'SAME_PURPOSE' || !codes.compatibilityGrounds.has(ground)) {
    return incompatible('The purpose is new and no compatibility ground is recorded.')
  }
  if (ground === 'ANNEX_2' && !(record.annex2 !== null && codes.annex2.has(record.annex2))) {
    return incompatible('Annex 2 is relied on without naming its condition.')
  }
  if (
    ground === 'ANNEX_2' &&
    record.annex2 === 'ANX2_PUBLIC_TASK_REQUEST' &&
    isPublicAuthorityInTask(provider, flow.source.legal.provider)
  ) {
    return incompatible(
      `${record.annex2} is not open to ${provider.code}, a public authority performing its tasks (Annex 2 para 1(a)(ii)).`,
    )
  }
  if (!record.collected_on_consent) return []
  const isOpen =
    ground === 'CONSENT_NEW_PURPOSE' ||
    ground === 'DP_COMPLIANCE' ||
    ((ground === 'ANNEX_2' || ground === 'ART23_LAW') && record.consent_unobtainable)
  return isOpen ? [] : incompatible(`${ground} is not open for data collected on consent (Art 8A(4)).`)
}

function incompatible(detail: string): Reason[] {
  return [reason('PURPOSE_INCOMPATIBLE', detail)]
}
