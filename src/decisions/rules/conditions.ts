import { type Candidate, type ControllerSide, citesLaw, controllerSides, type Facts, type Rule } from './facts.ts'
import { type Reason, reason, type Side } from './reason.ts'

/** CK-6: Art 9, Schedule 1 and Art 10 conditions of each UK GDPR side, for the requested items. */
export const conditions: Rule = (facts, candidate) =>
  controllerSides(facts, candidate).flatMap((side) =>
    side.legal.regime === 'UK_GDPR' ? [...specialCategory(facts, candidate, side), ...criminalOffence(facts, candidate, side)] : [],
  )

/**
 * CK-7: each Part 3 side is a competent authority (s30), needs its law, and the three things of s35(5) for sensitive processing
 * (LE-1, LE-2). A regime that is neither this nor the UK GDPR (Part 4, intelligence services) is out of scope and always
 * refused (1.8).
 */
export const lawEnforcement: Rule = (facts, candidate) =>
  controllerSides(facts, candidate).flatMap(({ side, organisation, legal, policyDocuments }) => {
    if (legal.regime === 'UK_GDPR') return []
    if (legal.regime !== 'PART_3')
      return missing(side, `The processing of ${organisation.code} is under a regime this service does not cover.`)
    if (organisation.competent_authority === 'NONE')
      return missing(side, `${organisation.code} is no competent authority and cannot process under Part 3 (DPA 2018 s30).`)
    if (!citesLaw(facts, { side, legal }))
      return missing(side, `${organisation.code} cites no law for its law enforcement task (DPA 2018 s35(2)).`)
    if (facts.requested.special.length === 0) return []
    const isMet =
      legal.part3.strictly_necessary && legal.part3.sch8.some((code) => facts.codes.schedule8.has(code)) && policyDocuments.has('PART3_S42')
    return isMet
      ? []
      : missing(
          side,
          `${organisation.code} lacks strict necessity, a Schedule 8 condition or its s42 policy document.`,
          facts.requested.special,
        )
  })

function missing(side: Side, detail: string, items: readonly string[] = []): Reason[] {
  return [reason('LED_CONDITION_MISSING', detail, { side, items })]
}

/** CK-10: Part 3 data for general use needs an authority in law (DPA 2018 s36(4)). */
export const reuseOfLawEnforcementData: Rule = ({ codes }, { flow }) => {
  const { provider, recipient } = flow.source.legal
  if (provider.regime !== 'PART_3' || recipient === null || recipient.regime === 'PART_3') return []
  const authority = provider.part3.reuse_authority
  return authority !== null && codes.laws.has(authority)
    ? []
    : [reason('LED_REUSE_NOT_AUTHORISED', 'No law is recorded that authorises the use outside law enforcement.', { side: 'PROVIDER' })]
}

/** CK-10: confidential items need a way to lift the duty of confidence, except towards a processor. */
export const confidentiality: Rule = ({ requested, codes }, { flow }) => {
  if (requested.confidential.length === 0 || flow.source.legal.recipient === null) return []
  const recorded = flow.source.confidentiality
  const isLifted = recorded !== null && recorded !== 'NOT_ENGAGED' && codes.confidentialityBases.has(recorded)
  return isLifted
    ? []
    : [
        reason('CONFIDENTIALITY_BASIS_MISSING', 'Confidential items are asked for and no confidentiality basis is recorded.', {
          items: requested.confidential,
        }),
      ]
}

function specialCategory(facts: Facts, candidate: Candidate, party: ControllerSide): Reason[] {
  const { codes, requested } = facts
  if (requested.special.length === 0) return []
  const { side, organisation, legal } = party
  const recorded = legal.art9.filter((code) => codes.art9.has(code))
  if (recorded.length === 0) {
    return [
      reason('SPECIAL_CATEGORY_CONDITION_MISSING', `No Art 9 condition is recorded for ${organisation.code}.`, {
        side,
        items: requested.special,
      }),
    ]
  }
  const unmatched = recorded.filter((code) => {
    const needed = codes.art9.get(code)
    return needed != null && !legal.sch1.some((condition) => needed.has(condition) && codes.schedule1.has(condition))
  })
  const found: Reason[] = []
  if (unmatched.length > 0) {
    found.push(
      reason('SCHEDULE_1_CONDITION_MISSING', `${unmatched.join(', ')} needs a Schedule 1 condition for ${organisation.code}.`, {
        side,
        items: unmatched,
      }),
    )
  }
  return [...found, ...policyDocumentsFor(legal.sch1, facts, candidate, party)]
}

function criminalOffence(facts: Facts, candidate: Candidate, party: ControllerSide): Reason[] {
  const { codes, requested } = facts
  if (requested.criminal.length === 0) return []
  const { side, organisation, legal } = party
  // CO-1: official authority is for bodies with statutory functions, never for charities or companies.
  const hasOfficialAuthority = organisation.public_authority || organisation.competent_authority !== 'NONE'
  const counting = legal.criminal.filter(
    (code) => codes.criminalConditions.has(code) && (code === 'OFFICIAL_AUTHORITY' ? hasOfficialAuthority : codes.schedule1.has(code)),
  )
  if (counting.length === 0) {
    return [
      reason('CRIMINAL_OFFENCE_CONDITION_MISSING', `No Art 10 condition is recorded for ${organisation.code}.`, {
        side,
        items: requested.criminal,
      }),
    ]
  }
  return policyDocumentsFor(legal.criminal, facts, candidate, party)
}

/**
 * Every recorded Schedule 1 condition that needs an appropriate policy document must have one (APD-4). Para 10(2) spares the
 * provider towards a competent authority, and a body is one only to the extent of its functions (s30(1)(b)): it is one here
 * when it receives under Part 3, or is listed in Schedule 7.
 */
function policyDocumentsFor(
  recorded: readonly string[],
  { codes, recipient }: Facts,
  { flow }: Candidate,
  { side, organisation, policyDocuments }: ControllerSide,
): Reason[] {
  const isTowardsCompetent = flow.source.legal.recipient?.regime === 'PART_3' || recipient.competent_authority === 'SCHEDULE_7'
  const missing = recorded.filter((code) => {
    const need = codes.schedule1.get(code)
    if (need === undefined || need === 'NOT_REQUIRED') return false
    if (need === 'EXCEPT_TO_COMPETENT_AUTHORITY' && side === 'PROVIDER' && isTowardsCompetent) return false
    return !policyDocuments.has(code)
  })
  if (missing.length === 0) return []
  return [
    reason('APPROPRIATE_POLICY_MISSING', `${organisation.code} has no appropriate policy document for ${missing.join(', ')}.`, {
      side,
      items: missing,
    }),
  ]
}
