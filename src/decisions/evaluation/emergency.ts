import type { CodeLists } from '../../reference/code-lists.ts'
import type { Facts } from '../rules/facts.ts'
import { type Reason, reason } from '../rules/reason.ts'
import type { EmergencyClaim } from '../rules/request.ts'

/** Bases that can carry an emergency disclosure (6.6, EM-2). */
const EMERGENCY_BASES = new Set(['6(1)(c)', '6(1)(d)', '6(1)(e)', 'PART3_TASK', 'PART3_CONSENT'])
const JUSTIFICATION_CHARACTERS_MIN = 30

/**
 * 6.6 (EM-2): is the glass broken properly? The one reason against it, null when it is.
 * No agreement reason blocks here, not even a prohibition (EM-3). It may never fill in what the person did not state.
 */
export function emergencyRefusal(facts: Facts): Reason | null {
  const claim = facts.request.emergency
  if (!claim?.ground || !facts.codes.emergencyGrounds.has(claim.ground)) {
    return reason(
      'EMERGENCY_NOT_QUALIFYING',
      'The ground is missing or not one that counts as an emergency. Not every urgent matter is one.',
    )
  }
  const missing = missingFrom(claim, facts)
  return missing.length === 0 ? null : reason('EMERGENCY_JUSTIFICATION_MISSING', `Missing: ${missing.join('; ')}.`)
}

function missingFrom(claim: EmergencyClaim, { request, requested, codes, day, provider }: Facts): string[] {
  const missing: string[] = []
  const basis = request.lawful_basis
  if (!claim.actor?.trim()) missing.push(`a named duty manager of ${provider.code}, which would disclose`)
  if ([...(claim.justification ?? '').trim()].length < JUSTIFICATION_CHARACTERS_MIN) {
    missing.push(`a justification of at least ${JUSTIFICATION_CHARACTERS_MIN} characters`)
  }
  if (basis === null || !EMERGENCY_BASES.has(basis)) missing.push('a lawful basis among 6(1)(c), (d), (e) or Part 3')
  if (requested.special.length > 0) {
    const isPart3 = basis?.startsWith('PART3_') === true
    const isMet = isPart3 ? claim.sch8.some((code) => codes.schedule8.has(code)) : hasSpecialCondition(claim, codes)
    if (!isMet) missing.push(isPart3 ? 'a Schedule 8 condition' : 'an Art 9 condition that is met')
  }
  if (request.country !== null && !isTransferable(request.country, claim.transfer, codes, day))
    missing.push(`a transfer mechanism for ${request.country}`)
  return missing
}

function hasSpecialCondition({ art9, subject_incapable, sch1 }: EmergencyClaim, codes: CodeLists): boolean {
  if (art9 === null) return false
  const needed = codes.art9.get(art9)
  if (needed === undefined) return false
  // Art 9(2)(c): only where the person cannot consent, physically or legally.
  if (art9 === '9(2)(c)' && subject_incapable !== true) return false
  return needed === null || sch1.some((code) => needed.has(code) && codes.schedule1.has(code))
}

function isTransferable(country: string, mechanism: string | null, codes: CodeLists, day: string): boolean {
  const adequacy = codes.adequacy(country, day)
  if (country === 'GB' || adequacy === 'FULL') return true
  if (mechanism === null || !codes.mechanisms.has(mechanism)) return false
  return mechanism === 'ART49_F' || codes.art46Mechanisms.has(mechanism) || (mechanism === 'ADEQUACY_PARTIAL' && adequacy === 'PARTIAL')
}
