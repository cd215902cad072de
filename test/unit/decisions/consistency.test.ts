import t from 'tap'
import type { Agreement, AgreementVersion, Flow } from '../../../src/agreements/agreement.ts'
import { legalConsistency } from '../../../src/decisions/advice/consistency.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'
import { aFlow, anAgreement, aVersion, NOW, register, SIDE, withLaw } from '../../support/builders/lawful-draft.ts'

const withFlow = (over: Partial<Flow>, version: Partial<AgreementVersion> = {}) => aVersion(version, { flows: [aFlow(over)] })
const codes = (agreement: Agreement, version: AgreementVersion) =>
  legalConsistency(agreement, version, NOW, register).map(({ code }) => code)
const law = (gateways: readonly string[], purpose: string) => ({ purpose, ...withLaw({ gateways }, 'provider') })

t.test('a lawful draft has no error; what remains is that its law was not checked against a source', async (t) => {
  const found = legalConsistency(anAgreement(), aVersion(), NOW, register)
  t.same(
    found.map(({ code, severity }) => [code, severity]),
    [['GATEWAY_NOT_VERIFIED', 'WARNING']],
  )
})

t.test('each fault is found by name, at its place, as an error', async (t) => {
  const cases: readonly (readonly [string, string, Agreement, AgreementVersion])[] = [
    ['LAWFUL_BASIS_MISSING', '/terms/flows/0/legal/provider/art6', anAgreement(), withFlow(withLaw({ art6: [] }, 'provider'))],
    [
      'LAWFUL_BASIS_NOT_AVAILABLE',
      '/terms/flows/0/legal/recipient/art6',
      anAgreement(),
      withFlow(withLaw({ art6: ['6(1)(ea)'], annex1: ['ANX1_CRIME'] }, 'recipient')),
    ],
    ['BASIS_IN_LAW_MISSING', '/terms/flows/0/legal/recipient/gateways', anAgreement(), withFlow(withLaw({ gateways: [] }, 'recipient'))],
    ['GATEWAY_NOT_AVAILABLE', '/terms/flows/0/legal/provider/gateways', anAgreement(), withFlow(law(['HA1996_PART7'], 'COUNCIL_TAX'))],
    [
      'GATEWAY_EXCLUDES_PERSONAL_DATA',
      '/terms/flows/0/legal/provider/gateways',
      anAgreement(),
      withFlow(law(['CDA1998_S17A', 'CDA1998_S115'], 'COMMUNITY_SAFETY')),
    ],
    [
      'SPECIAL_CATEGORY_CONDITION_MISSING',
      '/terms/flows/0/legal/provider/art9',
      anAgreement(),
      withFlow({ data_items: ['EQUALITY.ETHNICITY'] }),
    ],
    [
      'SCHEDULE_1_CONDITION_MISSING',
      '/terms/flows/0/legal/provider/sch1',
      anAgreement(),
      withFlow({ data_items: ['EQUALITY.ETHNICITY'], ...withLaw({ art9: ['9(2)(g)'] }) }),
    ],
    [
      'APPROPRIATE_POLICY_MISSING',
      '/apd',
      anAgreement(),
      withFlow({ data_items: ['EQUALITY.ETHNICITY'], ...withLaw({ art9: ['9(2)(g)'], sch1: ['SCH1_6'] }) }),
    ],
    [
      'CRIMINAL_OFFENCE_CONDITION_MISSING',
      '/terms/flows/0/legal/provider/criminal',
      anAgreement(),
      withFlow({ data_items: ['CRIMINAL.CONVICTION'] }),
    ],
    ['CONFIDENTIALITY_BASIS_MISSING', '/terms/flows/0/confidentiality', anAgreement(), withFlow({ data_items: ['CONTACT.SAFE_CONTACT'] })],
    [
      'CONFIDENCE_NOT_DISAPPLIED',
      '/terms/flows/0/confidentiality',
      anAgreement(),
      withFlow({ data_items: ['CONTACT.SAFE_CONTACT'], confidentiality: 'STATUTORY_DISAPPLICATION' }),
    ],
    [
      'PURPOSE_INCOMPATIBLE',
      '/terms/flows/0/compatibility',
      anAgreement(),
      withFlow({
        compatibility: {
          new_purpose: true,
          ground: null,
          annex2: null,
          collected_on_consent: false,
          consent_unobtainable: false,
          assessed_at: null,
        },
      }),
    ],
    ['TRANSFER_NOT_ALLOWED', '/terms/flows/0/transfers/BR', anAgreement(), withFlow({ countries: ['GB', 'BR'] })],
    [
      'TRANSFER_EXCEPTION_CLOSED',
      '/terms/flows/0/transfers/BR',
      anAgreement(),
      withFlow({ transfers: { BR: { mechanism: 'ART49_A', scope_confirmed: true, dp_test_done: true } } }),
    ],
    ['PROCESSOR_CONTRACT_INCOMPLETE', '/terms/processor_contract', anAgreement(), withFlow({ legal: { provider: SIDE, recipient: null } })],
    [
      'JOINT_CONTROLLER_ARRANGEMENT_MISSING',
      '/terms/joint_controller_arrangement',
      anAgreement({ instrument_type: 'JOINT_CONTROLLER' }),
      aVersion(),
    ],
    [
      'ANNEX_1_CONDITION_MISSING',
      '/terms/flows/0/legal/recipient/annex1',
      anAgreement(),
      withFlow(withLaw({ art6: ['6(1)(e)', '6(1)(ea)'] }, 'recipient')),
    ],
    [
      'EXEMPTION_IS_NO_BASIS',
      '/terms/flows/0/legal/provider/art6',
      anAgreement(),
      withFlow(withLaw({ art6: ['6(1)(e)', 'SCH2_2'] }, 'provider')),
    ],
    ['METHOD_NEVER_APPROVED', '/terms/flows/0/methods/1', anAgreement(), withFlow({ methods: ['SECURE_EMAIL', 'UNENCRYPTED_EMAIL'] })],
    ['FLOW_PARTY_NOT_LISTED', '/terms/flows/0/recipients', anAgreement(), withFlow({ recipients: ['LBC_HACKNEY', 'LBC_BRENT'] })],
    [
      'FLOW_IS_PROHIBITED',
      '/terms/flows/0/purpose',
      anAgreement(),
      aVersion({}, { prohibitions: [{ purposes: ['HOMELESSNESS'], note: null }] }),
    ],
    ['UNKNOWN_PARTY', '/terms/flows/0/recipients', anAgreement({}, ['LBC_CAMDEN', 'NOBODY']), withFlow({ recipients: ['NOBODY'] })],
    ['UNKNOWN_CODE', '/terms/flows/0', anAgreement(), withFlow({ data_items: ['NOT.A_CODE'] })],
    ['INSTRUMENT_HOLDS_NO_FLOWS', '/instrument_type', anAgreement({ instrument_type: 'TIER1_FRAMEWORK' }), aVersion()],
    [
      'CONDENSED_NOT_ENOUGH',
      '/instrument_type',
      anAgreement({ instrument_type: 'CONDENSED' }),
      withFlow({ data_items: ['EQUALITY.ETHNICITY'] }),
    ],
    ['INSTRUMENT_FOR_NON_PERSONAL_DATA', '/instrument_type', anAgreement({ instrument_type: 'MOU_NON_PERSONAL' }), aVersion()],
    [
      'LED_CONDITION_MISSING',
      '/terms/flows/0/legal/provider/part3',
      anAgreement(),
      withFlow(withLaw({ regime: 'PART_3', art6: [], gateways: [] }, 'provider')),
    ],
    [
      'LED_REUSE_NOT_AUTHORISED',
      '/terms/flows/0/legal/provider/part3/reuse_authority',
      anAgreement(),
      withFlow(withLaw({ regime: 'PART_3', art6: [] }, 'provider')),
    ],
    [
      'ANCILLARY_GATEWAY_FOR_RESTRICTED_DATA',
      '/terms/flows/0/legal/provider/gateways',
      anAgreement(),
      withFlow({ data_items: ['FINANCE.HOUSING_BENEFIT'], ...withLaw({ gateways: ['LA2011_S1'] }, 'provider') }),
    ],
  ]
  for (const [code, pointer, agreement, version] of cases) {
    const found = legalConsistency(agreement, version, NOW, register).filter((advice) => advice.code === code)
    t.ok(
      found.some((advice) => advice.severity === 'ERROR' && advice.pointer === pointer),
      `${code} at ${pointer}: ${JSON.stringify(found)}`,
    )
    t.ok(
      found.every(({ remedy_role, detail }) => remedy_role !== null && detail !== ''),
      `${code}: who and what`,
    )
    t.notOk(codes(anAgreement(), aVersion()).includes(code), `${code} is not said of the lawful draft`)
  }
})

t.test('a processor has no lawful basis of its own (LB-5)', async (t) => {
  const agreement = anAgreement({
    parties: anAgreement().parties.map((party) => (party.org === 'LBC_HACKNEY' ? { ...party, role: 'PROCESSOR' } : party)),
  })
  t.ok(codes(agreement, aVersion()).includes('PROCESSOR_HAS_NO_BASIS'))
})

t.test('what may be approved but should be known is a warning', async (t) => {
  const many = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BRENT', 'LBC_BARNET', 'LBC_BEXLEY', 'LBC_EALING']
  const cases: readonly (readonly [string, Agreement, AgreementVersion])[] = [
    ['ONLY_ANCILLARY_GATEWAY', anAgreement(), withFlow(withLaw({ gateways: ['LA2011_S1'] }, 'provider'))],
    ['GATEWAY_NEEDS_REQUEST', anAgreement(), withFlow(law(['CARE2014_S45'], 'SAFEGUARDING_ADULTS.SAB_REVIEW'))],
    ['GATEWAY_NOT_COMMENCED', anAgreement(), withFlow(law(['VPA2024_S12'], 'DOMESTIC_ABUSE'))],
    ['GATEWAY_NEEDS_OBJECTIONS_HONOURED', anAgreement(), withFlow(law(['HSCA2012_S251B'], 'DIRECT_CARE'))],
    ['GATEWAY_NEEDS_CODE_OF_PRACTICE', anAgreement(), withFlow(law(['DEA2017_S48'], 'DEBT'))],
    ['BASIS_CLOSED_TO_PUBLIC_AUTHORITY', anAgreement(), withFlow(withLaw({ art6: ['6(1)(e)', '6(1)(f)'] }))],
    ['CONSENT_NOT_RECORDED', anAgreement(), withFlow({ consent_required: true })],
    ['DPIA_REQUIRED_NOT_APPROVED', anAgreement({ dpia: { ...anAgreement().dpia, required: true, status: 'DRAFT' } }), aVersion()],
    ['ALL_SIGNED_MANY_PARTIES', anAgreement({}, many), aVersion({}, { commencement: { rule: 'ALL_SIGNED' } })],
    ['REVIEW_TOO_LATE', anAgreement({ review_due: '2029-06-01' }), aVersion()],
    ['FIRST_REVIEW_TOO_LATE', anAgreement({ review_due: '2028-01-01' }), aVersion()],
    [
      'REVIEW_BLOCKS_LIFE_CRITICAL',
      anAgreement({ review_policy: 'BLOCK_AFTER_GRACE' }),
      withFlow({ purpose: 'SAFEGUARDING_CHILDREN.MASH' }),
    ],
    ['GRANTS_NOTHING', anAgreement({ instrument_type: 'TIER1_FRAMEWORK' }), aVersion({}, { flows: [] })],
  ]
  for (const [code, agreement, version] of cases) {
    const found = legalConsistency(agreement, version, NOW, register).find((advice) => advice.code === code)
    t.equal(found?.severity, 'WARNING', code)
  }
})

t.test('a DPIA is proposed where the text calls for one, and not once it is required or screened out (DP-1)', async (t) => {
  const open = { ...anAgreement().dpia, status: 'DRAFT' }
  const children = {
    providers: ['LBC_CAMDEN', 'LBC_HACKNEY'],
    recipients: ['LBC_CAMDEN', 'LBC_HACKNEY'],
    data_subjects: ['CHILD.LOOKED_AFTER'],
    data_items: ['HEALTH.DISABILITY'],
    frequency: 'WEEKLY',
  }
  const triggers = (dpia: Agreement['dpia']) => codes(anAgreement({ dpia }), withFlow(children)).filter((code) => /^(ICO|ART35)/.test(code))
  t.same(triggers(open), [
    'ART35_3_B_LARGE_SCALE_SPECIAL_OR_CRIMINAL',
    'ICO_DATA_MATCHING',
    'ICO_DENIAL_OF_SERVICE',
    'ICO_TARGETING_CHILDREN_VULNERABLE',
  ])
  t.same(triggers({ ...open, required: true }), [])
  t.same(triggers({ ...open, status: 'SCREENED_OUT' }), [])
})

t.test('a fault that many pairs share is told once, with how many and one of them', async (t) => {
  const agreement = anAgreement({}, ['LBC_CAMDEN', 'LBC_HACKNEY', 'MPS'])
  const found = legalConsistency(
    agreement,
    withFlow({ recipients: ['LBC_HACKNEY', 'MPS'], ...law(['CA1989_S27'], 'SAFEGUARDING_CHILDREN.CHILD_IN_NEED') }),
    NOW,
    register,
  )
  const gateway = found.filter(({ code }) => code === 'GATEWAY_NOT_AVAILABLE')
  t.equal(gateway.length, 1)
  t.match(gateway[0]?.detail, /For 1 of 2 pairs, LBC_CAMDEN to MPS among them/)
})

t.test('items that a category grant stands for are tested too', async (t) => {
  t.ok(codes(anAgreement(), withFlow({ category_grant: ['HEALTH'] })).includes('SPECIAL_CATEGORY_CONDITION_MISSING'))
})

t.test('the law is asked for the day on which the version takes effect', async (t) => {
  const duty = (effective_from: string) =>
    legalConsistency(
      anAgreement(),
      withFlow(law(['CA2004_S16LA'], 'SAFEGUARDING_CHILDREN'), { effective_from }),
      Date.parse('2026-06-01T12:00:00Z'),
      register,
    )
  t.ok(
    duty('2026-09-29').some(({ code }) => code === 'GATEWAY_NOT_AVAILABLE'),
    'the day before s16LA begins',
  )
  t.notOk(
    duty('2026-09-30').some(({ code }) => code === 'GATEWAY_NOT_AVAILABLE'),
    'the day on which it begins',
  )
})

/** The register once a code has ended. */
function once(list: string, code: string) {
  const lists = shippedCodeLists().map((one) =>
    one.list === list
      ? { ...one, entries: one.entries.map((entry) => (entry.code === code ? { ...entry, valid_to: '2020-01-01' } : entry)) }
      : one,
  )
  return { ...register, codes: compileCodeLists(new Map(lists.map((one) => [one.list, one]))) }
}

t.test('a draft that uses a code which has ended is told so, and a category of which one item has ended is not held up', async (t) => {
  const errorsOf = (version: AgreementVersion, ended: typeof register) =>
    legalConsistency(anAgreement(), version, NOW, ended).filter(({ severity }) => severity === 'ERROR')
  const method = withFlow({ methods: ['SFTP', 'API_MTLS'] })
  t.same(errorsOf(method, register), [])
  t.match(errorsOf(method, once('METHOD', 'API_MTLS')), [{ pointer: /^\/terms\/flows\/0\/methods/ }])
  const grant = withFlow({ category_grant: ['HOUSING'] })
  const [item] = [...register.codes.items.keys()].filter((code) => code.startsWith('HOUSING.'))
  t.same(
    errorsOf(grant, once('DATA_ITEM', item ?? '')).map(({ code }) => code),
    errorsOf(grant, register).map(({ code }) => code),
  )
})
