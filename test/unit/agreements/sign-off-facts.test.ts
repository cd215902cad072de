import t from 'tap'
import type { Agreement, Dpia, Flow } from '../../../src/agreements/agreement.ts'
import { type KnownForSignOff, signOffFacts } from '../../../src/agreements/model/sign-off-facts.ts'
import type { Fact } from '../../../src/workflow/model/route.ts'
import { aFlow, anAgreement, aVersion, NOW, register, withLaw } from '../../support/builders/lawful-draft.ts'

// What the steps of a sign-off depend on is read from the text that is signed off.

const DAY = '2026-11-22'
const known: KnownForSignOff = { codes: register.codes.on(DAY), at: NOW, boroughs: new Set(), requesters: [] }
/** Every law and method of a first version is new; and of this law nobody has seen the text. */
const FIRST: readonly Fact[] = ['NEW_GATEWAY', 'NEW_METHOD']

function factsOf(agreement: Agreement, over: Partial<KnownForSignOff> = {}): readonly Fact[] {
  const version = agreement.versions.at(-1)
  if (!version) throw new Error('a version')
  return signOffFacts(agreement, version, ['LBC_CAMDEN', 'LBC_HACKNEY'], { ...known, ...over }).facts
}
const withFlow = (over: Partial<Flow>, agreement: Partial<Agreement> = {}) =>
  anAgreement({ versions: [aVersion({}, { flows: [aFlow(over)] })], ...agreement })
const withDpia = (over: Partial<Dpia>) => anAgreement({ dpia: { ...anAgreement().dpia, required: true, status: 'APPROVED', ...over } })

const CASES: readonly (readonly [what: string, agreement: Agreement, ...expected: Fact[]])[] = [
  ['ordinary data between two boroughs', anAgreement()],
  ['a diagnosis', withFlow({ data_items: ['HEALTH.DIAGNOSIS'] }), 'SPECIAL_DATA', 'HEALTH_OR_SOCIAL_CARE'],
  ['a religion, which no Caldicott Guardian is asked about', withFlow({ data_items: ['EQUALITY.RELIGION'] }), 'SPECIAL_DATA'],
  [
    'a category of items that are granted with all below it',
    withFlow({ category_grant: ['HEALTH'] }),
    'SPECIAL_DATA',
    'HEALTH_OR_SOCIAL_CARE',
  ],
  ['figures about nobody', withFlow({ data_items: ['HEALTH.DIAGNOSIS'], data_form: 'ANONYMOUS' })],
  ['a conviction', withFlow({ data_items: ['CRIMINAL.CONVICTION'] }), 'CRIMINAL_DATA'],
  ['data that comes from the DWP', withFlow({ data_items: ['FINANCE.BENEFIT_ELIGIBILITY'] }), 'RESTRICTED_CLASS_DATA'],
  ['a care leaver', withFlow({ data_subjects: ['CHILD.CARE_LEAVER'] }), 'CHILDREN_OR_ADULTS_AT_RISK'],
  ['an adult at risk', withFlow({ data_subjects: ['ADULT_AT_RISK'] }), 'CHILDREN_OR_ADULTS_AT_RISK'],
  ['a safeguarding purpose, narrower ones too', withFlow({ purpose: 'SAFEGUARDING_CHILDREN.MASH' }), 'SAFEGUARDING'],
  ['another country', withFlow({ countries: ['GB', 'FR'] }), 'OVERSEAS'],
  ['a contract with a processor', anAgreement({ instrument_type: 'CONTROLLER_TO_PROCESSOR' }), 'PROCESSOR_CONTRACT'],
  ['joint controllers', anAgreement({ instrument_type: 'JOINT_CONTROLLER' }), 'JOINT_CONTROLLERS'],
  ['a thousand people a time', withFlow({ volume_limit: { subjects: 1_000, records: null } })],
  ['more than a thousand records a time', withFlow({ volume_limit: { subjects: null, records: 1_001 } }), 'HIGH_VOLUME'],
  ['law that was not seen', withFlow(withLaw({ gateways: ['CA1989_S47_9'] }, 'recipient')), 'UNVERIFIED_LAW'],
  ['an assessment that is approved', withDpia({}), 'ASSESSMENT_REQUIRED', 'ASSESSMENT_COMPLETE'],
  ['an assessment that is still written', withDpia({ status: 'DRAFT' }), 'ASSESSMENT_REQUIRED'],
  ['an assessment whose review is due today', withDpia({ review_due: DAY }), 'ASSESSMENT_REQUIRED', 'ASSESSMENT_COMPLETE'],
  ['an assessment whose review is overdue', withDpia({ review_due: '2026-11-21' }), 'ASSESSMENT_REQUIRED'],
  ['a high risk that the regulator was not asked about', withDpia({ residual: 'HIGH' }), 'ASSESSMENT_REQUIRED'],
  [
    'a high risk that the regulator was asked about',
    withDpia({ residual: 'HIGH', prior_consultation: 'COMPLETED' }),
    ...(['ASSESSMENT_REQUIRED', 'ASSESSMENT_COMPLETE'] as const),
  ],
]

/** Whether the law of the usual flow was checked against a source is for its list to say. */
const usual = new Set<Fact>([
  ...FIRST,
  ...(register.codes.on(DAY).unverified.get('GATEWAY')?.has('HA1996_PART7') ? (['UNVERIFIED_LAW'] as const) : []),
])

for (const [what, agreement, ...expected] of CASES) {
  t.test(`the text says so: ${what}`, async (t) => {
    const found = factsOf(agreement)
    t.strictSame([...found].sort(), [...new Set([...usual, ...expected])].sort())
  })
}

t.test('law and methods are new where the version before did not have them', async (t) => {
  const before = aVersion({ status: 'APPROVED', effective_from: '2026-01-01' })
  const next = (over: Partial<Flow>) => anAgreement({ versions: [before, aVersion({ version: 2 }, { flows: [aFlow(over)] })] })
  const isNew = (over: Partial<Flow>) => factsOf(next(over)).filter((fact) => FIRST.includes(fact))
  t.strictSame(isNew({}), [])
  t.strictSame(isNew({ methods: ['SECURE_EMAIL', 'SFTP'] }), ['NEW_METHOD'])
  t.strictSame(isNew(withLaw({ gateways: ['CA1989_S47_9'] }, 'provider')), ['NEW_GATEWAY'])
})

t.test(
  'each party is a controller or a processor, a provider, a recipient, the keeper; whoever wrote the text for one of them asks it of all',
  async (t) => {
    const parties = anAgreement({}, ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BRENT', 'PROCESSOR_CO']).parties
    const agreement = anAgreement({
      parties: parties.map((party) => (party.org === 'PROCESSOR_CO' ? { ...party, role: 'PROCESSOR' } : party)),
      versions: [aVersion({}, { flows: [aFlow(), aFlow({ id: 'F2', providers: ['LBC_HACKNEY'], recipients: ['ALL_SIGNED_BOROUGHS'] })] })],
    })
    const drafters = [
      { issuer: 'i', sub: 'a' },
      { issuer: 'i', sub: 'b' },
    ]
    const boroughs = new Set(['LBC_CAMDEN', 'LBC_BRENT', 'LBC_HACKNEY'])
    const [version] = agreement.versions
    if (!version) throw new Error('a version')
    const found = signOffFacts(agreement, version, ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BRENT', 'PROCESSOR_CO'], {
      ...known,
      boroughs,
      requesters: drafters,
    })
    t.strictSame(found.parties, [
      { org: 'LBC_CAMDEN', facts: ['CONTROLLER', 'PROVIDER', 'RECIPIENT', 'KEEPER'], requesters: drafters },
      { org: 'LBC_HACKNEY', facts: ['CONTROLLER', 'PROVIDER', 'RECIPIENT'], requesters: drafters },
      { org: 'LBC_BRENT', facts: ['CONTROLLER', 'RECIPIENT'], requesters: drafters },
      { org: 'PROCESSOR_CO', facts: ['PROCESSOR'], requesters: drafters },
    ])
  },
)

t.test('what whoever opens the sign-off states is added, once', async (t) => {
  const found = factsOf(withFlow({ purpose: 'SAFEGUARDING_ADULTS' }), { stated: ['STATUTORY_DEADLINE', 'SAFEGUARDING'] })
  t.strictSame(
    found.filter((fact) => fact === 'STATUTORY_DEADLINE' || fact === 'SAFEGUARDING'),
    ['SAFEGUARDING', 'STATUTORY_DEADLINE'],
  )
})
