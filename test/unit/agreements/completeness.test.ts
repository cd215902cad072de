import t from 'tap'
import { completeness } from '../../../src/agreements/model/completeness.ts'
import { aFlow, anAgreement, aVersion, register, withLaw } from '../../support/builders/lawful-draft.ts'

t.test('a draft in which every field is filled in is complete', async (t) => {
  t.same(completeness(anAgreement(), aVersion(), register.codes), [])
})

t.test('each missing field is named by its pointer', async (t) => {
  const flowWithout = (over: object) => aVersion({}, { flows: [aFlow(over)] })
  const cases: readonly (readonly [string, Parameters<typeof completeness>[0], ReturnType<typeof aVersion>])[] = [
    ['/title', anAgreement({ title: ' ' }), aVersion()],
    ['/owner_org', anAgreement({ owner_org: null }), aVersion()],
    ['/effective_from', anAgreement(), aVersion({ effective_from: null })],
    ['/effective_to', anAgreement(), aVersion({ effective_to: null })],
    ['/review_due', anAgreement({ review_due: null }), aVersion()],
    ['/review_cycle_months', { ...anAgreement(), review_cycle_months: null }, aVersion()],
    ['/parties', anAgreement({}, ['LBC_CAMDEN']), aVersion()],
    ['/terms/commencement/n', anAgreement(), aVersion({}, { commencement: { rule: 'THRESHOLD', n: 3 } })],
    ['/terms/flows', anAgreement(), aVersion({}, { flows: [] })],
    ['/terms/flows/0/providers', anAgreement(), flowWithout({ providers: [] })],
    ['/terms/flows/0/data_items', anAgreement(), flowWithout({ data_items: [] })],
    ['/terms/flows/0/data_subjects', anAgreement(), flowWithout({ data_subjects: [] })],
    ['/terms/flows/0/methods', anAgreement(), flowWithout({ methods: [] })],
    ['/terms/flows/0/countries', anAgreement(), flowWithout({ countries: [] })],
    ['/terms/flows/0/retention_days', anAgreement(), flowWithout({ retention_days: null })],
    ['/terms/flows/0/onward', anAgreement(), flowWithout({ onward: '' })],
    ['/terms/flows/0/frequency', anAgreement(), flowWithout({ frequency: null })],
    ['/terms/flows/0/transfers/US', anAgreement(), flowWithout({ countries: ['GB', 'US'] })],
    ['/terms/narrative/benefits', anAgreement(), aVersion({}, { narrative: { ...aVersion().terms.narrative, benefits: '' } })],
    [
      '/terms/narrative/breach_handling',
      anAgreement(),
      aVersion({}, { narrative: { ...aVersion().terms.narrative, breach_handling: '  ' } }),
    ],
    ['/dpia', anAgreement({ dpia: { ...anAgreement().dpia, status: 'DRAFT' } }), aVersion()],
    ['/terms/processor_contract', anAgreement({ instrument_type: 'CONTROLLER_TO_PROCESSOR' }), aVersion()],
    [
      '/terms/joint_controller_arrangement/essence_url',
      anAgreement({ instrument_type: 'JOINT_CONTROLLER' }),
      aVersion({}, { joint_controller_arrangement: { responsibilities: 'x', contact_point: 'x', essence_url: '' } }),
    ],
    [
      '/apd',
      anAgreement({ apd: [{ party: 'LBC_CAMDEN', conditions: ['SCH1_18'] }] }),
      aVersion({}, { flows: [aFlow(withLaw({ sch1: ['SCH1_18'] }))] }),
    ],
  ]
  for (const [pointer, agreement, version] of cases) {
    const found = completeness(agreement, version, register.codes)
    t.same(
      found.map((advice) => advice.pointer),
      [pointer],
      pointer,
    )
    t.ok(
      found.every(({ detail, remedy_role }) => detail !== '' && remedy_role !== null),
      `${pointer} says what and who`,
    )
  }
})

t.test('a clause that Art 28(3) asks for and the contract lacks is named', async (t) => {
  const contract = { art28_complete: false, missing: ['SUB_PROCESSORS', 'AUDIT_INSPECTION'], approved_sub_processors: [] }
  const found = completeness(anAgreement({ instrument_type: 'CONTROLLER_TO_PROCESSOR' }), aVersion({}, { processor_contract: contract }))
  t.same(
    found.map(({ code, pointer }) => [code, pointer]),
    [
      ['CLAUSE_MISSING', '/terms/processor_contract/missing/0'],
      ['CLAUSE_MISSING', '/terms/processor_contract/missing/1'],
    ],
  )
})

t.test('a party gives every contact, where contacts are known; one that has left or only observes gives none', async (t) => {
  const contacts = { signatory_post: 'Director', dpo: 'd', ig: 'i', complaint: 'c', sar: 's', breach: 'b' }
  const [a, b] = anAgreement().parties
  if (!a || !b) throw new Error('two parties')
  const asked = (...parties: Parameters<typeof completeness>[0]['parties']) =>
    completeness({ ...anAgreement(), parties }, aVersion()).map(({ pointer }) => pointer)
  t.same(asked({ ...a, contacts }, { ...b, contacts: { ...contacts, sar: '' } }), ['/parties/1/contacts/sar'])
  t.same(asked({ ...a, contacts }, { ...b, contacts }, { ...b, org: 'MPS', role: 'OBSERVER', contacts: {} }), [])
  t.same(asked(a, b), [], 'a model without contacts is not asked for them')
})

t.test('a framework of principles needs no flow', async (t) => {
  t.same(completeness(anAgreement({ instrument_type: 'TIER1_FRAMEWORK' }), aVersion({}, { flows: [] })), [])
})
