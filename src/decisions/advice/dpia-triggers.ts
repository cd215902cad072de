import type { Advice } from '../../agreements/model/advice.ts'
import type { ApprovalQuestion, CheckedFlow } from './approval-question.ts'

/** Flows that are repeated, as against one disclosure at a time (DP-1: "regular flow"). */
const REGULAR = new Set(['REAL_TIME', 'DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'ANNUAL'])
/** From this many people on, data is on a large scale for the proposal (Policy). */
const LARGE_SCALE_SUBJECTS = 1000
/** People who cannot easily stand up for themselves (WP248, criterion 7). */
const VULNERABLE = [
  'CHILD',
  'ADULT_AT_RISK',
  'OLDER_PERSON',
  'PATIENT',
  'SERVICE_USER_ADULT_SOCIAL_CARE',
  'PUPIL_STUDENT',
  'ASYLUM_SEEKER',
  'HOMELESS_APPLICANT',
]
/** Purposes by which a service, opportunity or benefit is given or refused. */
const SERVICE_DECISIONS = [
  'BENEFITS',
  'HOMELESSNESS',
  'COUNCIL_TAX',
  'EDUCATION_ADMISSIONS',
  'HOUSING_MANAGEMENT',
  'SUPPORTING_FAMILIES',
  'FUEL_WATER_POVERTY',
]
const MATCHING_PURPOSES = ['FRAUD', 'RESEARCH_STATISTICS', 'SERVICE_PLANNING']

interface Trigger {
  readonly code: string
  readonly why: string
  /** Counts only together with another criterion of WP248 (4.1). */
  readonly needsAnother?: true
}

/**
 * DP-1: which DPIA_TRIGGER codes the text itself suggests. A proposal, which a person confirms; so a warning, and silent
 * where a DPIA is required already or where the screening has been recorded.
 */
export function dpiaTriggers({ source, codes }: ApprovalQuestion, checked: readonly CheckedFlow[]): Advice[] {
  if (source.dpia.required || source.dpia.status === 'SCREENED_OUT') return []
  const isOneOf = (code: string, broader: readonly string[], list: 'purposes' | 'subjects') =>
    broader.some((parent) => codes[list].isWithin(code, parent))
  const found = checked
    .filter(({ isPersonal }) => isPersonal)
    .flatMap(({ flow, compiled, at, items }) => {
      const isSensitive = items.special.length > 0 || items.criminal.length > 0
      const isLarge = REGULAR.has(flow.frequency ?? '') || (flow.volume_limit?.subjects ?? 0) > LARGE_SCALE_SUBJECTS
      const vulnerable = flow.data_subjects.filter((subject) => isOneOf(subject, VULNERABLE, 'subjects'))
      const kinds = new Set(items.special.flatMap((item) => [...(codes.items.get(item)?.specialKinds ?? [])]))
      const isMatching = compiled.providers.size > 1 || isOneOf(flow.purpose, MATCHING_PURPOSES, 'purposes')
      const triggers: Trigger[] = []
      if (isMatching) triggers.push({ code: 'ICO_DATA_MATCHING', why: 'data of two or more parties comes together' })
      if (isSensitive && isLarge) {
        triggers.push({
          code: 'ART35_3_B_LARGE_SCALE_SPECIAL_OR_CRIMINAL',
          why: 'special category or criminal offence data flows regularly or about many people',
        })
      }
      if (items.special.length > 0 && isOneOf(flow.purpose, SERVICE_DECISIONS, 'purposes')) {
        triggers.push({ code: 'ICO_DENIAL_OF_SERVICE', why: 'special category data can decide on a service' })
      }
      if (vulnerable.length > 0) triggers.push({ code: 'ICO_TARGETING_CHILDREN_VULNERABLE', why: `it is about ${vulnerable.join(', ')}` })
      if (flow.data_items.includes('LOCATION.TRACKING'))
        triggers.push({ code: 'ICO_TRACKING', why: 'people are located', needsAnother: true })
      if (kinds.has('BIOMETRIC_ID')) triggers.push({ code: 'ICO_BIOMETRIC', why: 'it holds biometric identifiers', needsAnother: true })
      if (kinds.has('GENETIC')) triggers.push({ code: 'ICO_GENETIC', why: 'it holds genetic data', needsAnother: true })
      const criteria = triggers.length + (isSensitive ? 1 : 0) + (vulnerable.length > 0 ? 1 : 0)
      return triggers.filter(({ needsAnother }) => !needsAnother || criteria > 1).map((trigger) => ({ ...trigger, at, id: flow.id }))
    })
  const byCode = new Map<string, typeof found>()
  for (const trigger of found) byCode.set(trigger.code, [...(byCode.get(trigger.code) ?? []), trigger])
  return [...byCode].map(([code, hits]) => ({
    code,
    pointer: '/dpia',
    severity: 'WARNING',
    detail: `A DPIA is likely to be required: ${hits[0]?.why} (flow ${hits.map(({ id }) => id).join(', ')}). Screen it, and record why if none is made.`,
    citation: code.startsWith('ART35') ? 'UK GDPR Art 35(3)' : 'UK GDPR Art 35(4); ICO list',
    remedy_role: 'DPO',
  }))
}
