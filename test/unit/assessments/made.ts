import type { AssessedFacts, AssessedFlow, AssessedLaw } from '../../../src/assessments/made/assessed-facts.ts'
import { assessmentCodes } from '../../../src/assessments/made/codes.ts'
import type { Measure, Risk } from '../../../src/assessments/made/content.ts'
import { questionsOn } from '../../../src/assessments/made/questions.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'

// An ordinary share to assess, and a risk and a measure to change for a case.

export const TODAY = '2026-11-30'
export const codes = assessmentCodes(shippedCodeLists(), TODAY)
export const questions = questionsOn(TODAY)

export const aLaw = (over: Partial<AssessedLaw> = {}): AssessedLaw => ({
  ...{ art6: ['6(1)(e)'], gateways: ['HA1996_S208'], art9: [], sch1: [], criminal: [] },
  ...over,
})

/** Once, one provider, few adults, ordinary data: nothing in it speaks for an assessment. */
export const aFlow = (over: Partial<AssessedFlow> = {}): AssessedFlow => ({
  ...{ id: 'F1', providers: ['LBC_CAMDEN'], recipients: ['LBC_HACKNEY'], purpose: 'HOUSING_ENFORCEMENT' },
  ...{ data_items: ['IDENTITY.NAME'], category_grant: [], data_subjects: ['LANDLORD'], data_form: 'IDENTIFIABLE' },
  ...{ methods: ['API_MTLS'], countries: ['GB'], frequency: 'ONE_OFF', volume_limit: null },
  ...{ retention_days: 365, retention_rule: null, onward: 'PROHIBITED', legal: { provider: aLaw(), recipient: aLaw() } },
  ...over,
})

export const theFacts = (over: Partial<AssessedFacts> = {}): AssessedFacts => ({
  ...{ agreement: 'DSA-1', title: 'Rogue landlords', instrument_type: 'CONTROLLER_TO_CONTROLLER' },
  parties: ['LBC_CAMDEN', 'LBC_HACKNEY'].map((org) => ({ org, role: 'CONTROLLER' })),
  ...{ flows: [aFlow()], agents: [], narrative: {} },
  ...over,
})

export const aRisk = (over: Partial<Risk> = {}): Risk => ({
  ...{
    id: 'RISK1',
    source: 'The notice goes to a wrong mailbox',
    description: 'A violent partner learns the address',
    harm_type: 'PHYSICAL',
  },
  ...{ affected_subjects: ['VICTIM'], likelihood: 'POSSIBLE', severity: 'SEVERE' },
  ...over,
})

export const aMeasure = (over: Partial<Measure> = {}): Measure => ({
  ...{ id: 'M1', risk_id: 'RISK1', measure: 'An interface instead of e-mail', effect: 'REDUCED' },
  left: { likelihood: 'REMOTE', severity: 'SEVERE' },
  approved: { by: 'SIRO of LBC_CAMDEN', on: TODAY },
  ...{ owner: { org: 'LBC_CAMDEN', post: 'Head of housing needs' }, due: '2027-03-31', done_on: null, done_by: null },
  ...over,
})
