import t, { type Test } from 'tap'
import type { Flow, LegalSide } from '../../../src/agreements/agreement.ts'
import { legalConsistency } from '../../../src/decisions/advice/consistency.ts'
import { aFlow, anAgreement, aVersion, NOW, register, SIDE } from '../../support/builders/lawful-draft.ts'

// Checks at approval (3.8): asked when a version is drafted and frozen, and of no decision. Each row is a flow, what is said of it,
// and where; the row beside it is the nearest flow of which nothing is said.

const CHECKS = [
  'OBLIGATION_NOT_CITED',
  'STANDING_REQUEST_MISSING',
  'PURPOSE_NOT_LAW_ENFORCEMENT',
  'IMMIGRATION_EXEMPTION_NOT_OPEN',
  'COMMON_LAW_ON_REGULAR_FLOW',
]
const PARTIES = ['LBC_CAMDEN', 'LBC_HACKNEY', 'COL_CORPORATION', 'MPS', 'GOV_HOME_OFFICE', 'GOV_DWP', 'LONDON_COUNCILS']

/** A flow whose provider, recipient or both rely on this law besides what the rest says. */
function flow(over: Partial<Flow>, provider: Partial<LegalSide> = {}, recipient: Partial<LegalSide> | null = {}): Flow {
  const legal = { provider: { ...SIDE, ...provider }, recipient: recipient && { ...SIDE, ...recipient } }
  return aFlow({ legal, ...over })
}
const said = (one: Flow) =>
  legalConsistency(anAgreement({}, PARTIES), aVersion({}, { flows: [one] }), NOW, register).filter(({ code }) => CHECKS.includes(code))

type Row = readonly [title: string, flow: Flow, ...expected: string[]]
function table(t: Test, severity: 'ERROR' | 'WARNING', rows: readonly Row[]): void {
  for (const [title, one, ...expected] of rows) {
    const found = said(one)
    t.same(
      found.map(({ code, pointer }) => `${code} ${pointer.replace('/terms/flows/0/', '')}`),
      expected,
      title,
    )
    for (const advice of found) {
      t.equal(advice.severity, severity, `${title}: severity`)
      t.ok(advice.citation && advice.remedy_role === 'LEGAL', `${title}: law, and who can remedy it`)
      t.match(advice.detail, /^Flow F1: .+\.$/, `${title}: in words`)
    }
  }
}

const C = { art6: ['6(1)(c)'] }
t.test('AC-1: a power or a function is no obligation', async (t) => {
  table(t, 'ERROR', [
    ['a legal obligation on a function', flow({}, C), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['a legal obligation of the recipient on a function', flow({}, {}, C), 'OBLIGATION_NOT_CITED legal/recipient/art6'],
    ['of both', flow({}, C, C), 'OBLIGATION_NOT_CITED legal/provider/art6', 'OBLIGATION_NOT_CITED legal/recipient/art6'],
    ['beside another basis', flow({}, { art6: ['6(1)(e)', '6(1)(c)'] }), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['on a power', flow({}, { ...C, gateways: ['CDA1998_S115'] }), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['on an ancillary power', flow({}, { ...C, gateways: ['LA2011_S1'] }), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['on a restriction', flow({}, { ...C, gateways: ['SSAA1992_S123'] }), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['on no law at all', flow({}, { ...C, gateways: [] }), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['on a law that nobody listed', flow({}, { ...C, gateways: ['DUTY_OF_2030'] }), 'OBLIGATION_NOT_CITED legal/provider/art6'],
    ['on a duty', flow({}, { ...C, gateways: ['HA1996_S208'] })],
    ['on a duty beside a function', flow({}, { ...C, gateways: ['HA1996_PART7', 'HA1996_S208'] })],
    ['on a duty on request, disclosed on an event', flow({}, { ...C, gateways: ['PCSC2022_S17'] })],
    ['on an order of a court', flow({}, { ...C, gateways: ['COURT_ORDER'] })],
    [
      'the duty of the provider is none of the recipient',
      flow({}, { ...C, gateways: ['HA1996_S208'] }, C),
      'OBLIGATION_NOT_CITED legal/recipient/art6',
    ],
    ['a public task on a function', flow({})],
    ['a processor has no basis', flow({}, { ...C, gateways: ['HA1996_S208'] }, null)],
  ])
})

const ON_REQUEST = { gateways: ['PCSC2022_S17'] }
const MISSING = 'STANDING_REQUEST_MISSING standing_request_ref'
t.test('AC-2: a feed is no answer to a request', async (t) => {
  table(t, 'ERROR', [
    ...['REAL_TIME', 'DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'ANNUAL'].map(
      (frequency): Row => [frequency, flow({ frequency }, ON_REQUEST), MISSING],
    ),
    ['no frequency recorded counts as regular', flow({ frequency: null }, ON_REQUEST), MISSING],
    ['beside a law that needs no request', flow({ frequency: 'DAILY' }, { gateways: ['HA1996_PART7', 'PCSC2022_S17'] }), MISSING],
    ['an empty reference', flow({ frequency: 'DAILY', standing_request_ref: '' }, ON_REQUEST), MISSING],
    ['a blank reference', flow({ frequency: 'DAILY', standing_request_ref: ' \t' }, ON_REQUEST), MISSING],
    ['towards a processor', flow({ frequency: 'DAILY' }, ON_REQUEST, null), MISSING],
    ['a standing request is recorded', flow({ frequency: 'DAILY', standing_request_ref: 'Letter of MOPAC of 1 May 2026' }, ON_REQUEST)],
    ['once', flow({ frequency: 'ONE_OFF' }, ON_REQUEST)],
    ['on an event', flow({ frequency: 'ON_EVENT' }, ON_REQUEST)],
    ['a regular flow on a function', flow({ frequency: 'DAILY' })],
    ['the law of the recipient is not the one that discloses', flow({ frequency: 'DAILY' }, {}, ON_REQUEST)],
  ])
})

const PART_3: Partial<LegalSide> = { regime: 'PART_3', art6: [] }
t.test('AC-3: Part 3 for a purpose that is none of law enforcement is shown, not refused', async (t) => {
  table(t, 'WARNING', [
    ['homelessness', flow({}, PART_3), 'PURPOSE_NOT_LAW_ENFORCEMENT legal/provider/regime'],
    [
      'safeguarding, at the recipient',
      flow({ purpose: 'SAFEGUARDING_CHILDREN.MASH' }, {}, PART_3),
      'PURPOSE_NOT_LAW_ENFORCEMENT legal/recipient/regime',
    ],
    [
      'on both sides',
      flow({ purpose: 'DIRECT_CARE' }, PART_3, PART_3),
      'PURPOSE_NOT_LAW_ENFORCEMENT legal/provider/regime',
      'PURPOSE_NOT_LAW_ENFORCEMENT legal/recipient/regime',
    ],
    ['immigration control', flow({ purpose: 'IMMIGRATION_CONTROL' }, PART_3), 'PURPOSE_NOT_LAW_ENFORCEMENT legal/provider/regime'],
    ['homelessness under the UK GDPR', flow({})],
    ...[
      ...['CRIME_INVESTIGATION', 'COMMUNITY_SAFETY', 'SERIOUS_VIOLENCE', 'OFFENDER_MANAGEMENT', 'FRAUD', 'REGULATORY_ENFORCEMENT'],
      ...[
        'MODERN_SLAVERY',
        'DOMESTIC_ABUSE',
        'COMMUNITY_SAFETY.ASB',
        'FRAUD.DATA_MATCHING',
        'DOMESTIC_ABUSE.MARAC',
        'OFFENDER_MANAGEMENT.MAPPA',
      ],
    ].map((purpose): Row => [purpose, flow({ purpose }, PART_3, PART_3)]),
  ])
  t.match(said(flow({}, PART_3))[0]?.detail, /HOMELESSNESS/, 'the purpose is named')
})

const NOT_OPEN = 'IMMIGRATION_EXEMPTION_NOT_OPEN exemptions'
const exempt = (providers: string[], recipients: string[], exemptions = ['SCH2_4']) => flow({ providers, recipients, exemptions })
t.test("AC-4: the immigration exemption is the Secretary of State's, never a borough's", async (t) => {
  table(t, 'ERROR', [
    ['two boroughs', exempt(['LBC_CAMDEN'], ['LBC_HACKNEY']), NOT_OPEN],
    ['a borough and the police', exempt(['LBC_CAMDEN'], ['MPS']), NOT_OPEN],
    ['the police and a borough', exempt(['MPS'], ['LBC_CAMDEN']), NOT_OPEN],
    ['the City Corporation', exempt(['COL_CORPORATION'], ['MPS']), NOT_OPEN],
    ['another department', exempt(['LBC_CAMDEN'], ['GOV_DWP']), NOT_OPEN],
    ['every borough', exempt(['ALL_SIGNED_BOROUGHS'], ['MPS']), NOT_OPEN],
    ['beside another exemption', exempt(['LBC_CAMDEN'], ['MPS'], ['SCH2_2', 'SCH2_4']), NOT_OPEN],
    ['a borough and the Home Office', exempt(['LBC_CAMDEN'], ['GOV_HOME_OFFICE'])],
    ['the Home Office and a borough', exempt(['GOV_HOME_OFFICE'], ['LBC_CAMDEN'])],
    ['no borough takes part', exempt(['MPS'], ['GOV_DWP'])],
    ['another exemption', exempt(['LBC_CAMDEN'], ['MPS'], ['SCH2_2'])],
    [
      'recorded on the side of a borough, though the Home Office takes part',
      flow({ recipients: ['GOV_HOME_OFFICE'] }, { gateways: ['HA1996_PART7', 'SCH2_4'] }),
      'IMMIGRATION_EXEMPTION_NOT_OPEN legal/provider',
    ],
    ['recorded on the side of the Home Office', flow({ recipients: ['GOV_HOME_OFFICE'] }, {}, { gateways: ['SCH2_4'] })],
  ])
})

const COMMON_LAW = { gateways: ['POLICE_COMMON_LAW'] }
const police = (frequency: string | null, over: Partial<LegalSide> = COMMON_LAW, recipient: Partial<LegalSide> = {}) =>
  flow({ frequency, providers: ['MPS'], purpose: 'COMMUNITY_SAFETY' }, over, recipient)
const REGULAR = 'COMMON_LAW_ON_REGULAR_FLOW legal/provider/gateways'
t.test('AC-5: a pressing social need is judged case by case', async (t) => {
  table(t, 'ERROR', [
    ['daily', police('DAILY'), REGULAR],
    ['no frequency recorded counts as regular', police(null), REGULAR],
    ['beside another law', police('MONTHLY', { gateways: ['CDA1998_S115', 'POLICE_COMMON_LAW'] }), REGULAR],
    ['on an event', police('ON_EVENT')],
    ['once', police('ONE_OFF')],
    ['another law, daily', police('DAILY', { gateways: ['CDA1998_S115'] })],
    ['cited by the recipient', police('DAILY', { gateways: ['CDA1998_S115'] }, COMMON_LAW)],
  ])
})
