import t from 'tap'
import type { Flow, LegalSide } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { withCodeLists } from '../../../src/decisions/policy/overlay.ts'
import type { PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import type { CodeListEntry } from '../../../src/reference/code-list.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { aFlow, anAgreement, aRequest, aSide, aVersion, indexWith, LISTS } from '../../support/builders/decision-world.ts'

// What is in no list counts for nothing: neither a code that nobody listed, nor one that has ended or not yet begun.

const NOON = '2026-07-01T11:00:00.000Z'

/** The world in which one code of a list is changed. */
function worldWith(list: string, code: string, over: Partial<CodeListEntry>, index = indexWith([anAgreement()])) {
  const changed = LISTS.map((one) =>
    one.list === list ? { ...one, entries: one.entries.map((entry) => (entry.code === code ? { ...entry, ...over } : entry)) } : one,
  )
  return withCodeLists(index, compileCodeLists(new Map(changed.map((one) => [one.list, one]))), 'changed')
}

const codesOf = (request: DecisionRequest, index = indexWith([anAgreement()]), at = NOON): readonly string[] => {
  const outcome = evaluate(request, Date.parse(at), index)
  return outcome.decision === 'PERMIT' ? [] : outcome.reasons.map(({ code }) => code)
}

t.test('a code counts from its first day to its last, in London, both included', async (t) => {
  for (const [list, code] of [
    ['PURPOSE', 'CARE'],
    ['DATA_ITEM', 'NAME'],
    ['DATA_SUBJECT', 'PERSON'],
    ['METHOD', 'SECURE_EMAIL'],
    ['COUNTRY', 'GB'],
  ] as const) {
    const ended = worldWith(list, code, { valid_to: '2026-06-30' })
    t.strictSame(codesOf(aRequest(), ended), ['UNKNOWN_CODE'], `${code} after its last day`)
    t.strictSame(codesOf(aRequest(), ended, '2026-06-30T22:59:59.999Z'), [], `${code} on its last day`)
    t.strictSame(codesOf(aRequest(), ended, '2026-06-30T23:00:00Z'), ['UNKNOWN_CODE'], `${code} at midnight in London`)
    const toCome = worldWith(list, code, { valid_from: '2026-07-02' })
    t.strictSame(codesOf(aRequest(), toCome), ['UNKNOWN_CODE'], `${code} before its first day`)
    t.strictSame(codesOf(aRequest(), toCome, '2026-07-01T23:00:00Z'), [], `${code} on its first day`)
  }
})

t.test('a law that has ended carries no share, whichever of its dates says so', async (t) => {
  const ended = worldWith('GATEWAY', 'LAW_FOR_ALL', { valid_to: '2026-06-30' })
  t.strictSame(codesOf(aRequest(), ended), ['BASIS_IN_LAW_MISSING', 'GATEWAY_NOT_AVAILABLE'], 'both sides cite it')
  t.strictSame(codesOf(aRequest(), ended, '2026-06-30T12:00:00Z'), [])
  const basis = worldWith('LAWFUL_BASIS', '6(1)(e)', { valid_to: '2026-06-30' })
  t.strictSame(codesOf(aRequest(), basis), ['LAWFUL_BASIS_MISSING'])
})

t.test('what was prohibited through a purpose that has ended stays prohibited', async (t) => {
  const prohibitions = [{ purposes: ['CARE'], text: 'Never.', rationale: null }] as never
  const flows = [aFlow({ purpose: 'CARE.CHILD.ENQUIRY' })]
  const index = indexWith([anAgreement({ versions: [aVersion({ terms: { flows, prohibitions } })] })])
  const request = aRequest({ purpose: 'CARE.CHILD.ENQUIRY' })
  t.strictSame(codesOf(request, index), ['PROHIBITED_BY_AGREEMENT'])
  t.strictSame(codesOf(request, worldWith('PURPOSE', 'CARE.CHILD', { valid_to: '2020-01-01' }, index)), ['PROHIBITED_BY_AGREEMENT'])
})

const recipient = (over: Partial<LegalSide>) =>
  indexWith([
    anAgreement({ versions: [aVersion({ terms: { flows: [aFlow({ legal: { provider: aSide(), recipient: aSide(over) } })] } })] }),
  ])

t.test('a recipient that cites a law in no list has cited none', async (t) => {
  t.strictSame(codesOf(aRequest(), recipient({ gateways: ['NOT_A_LAW'] })), ['BASIS_IN_LAW_MISSING'])
  t.strictSame(codesOf(aRequest(), recipient({ regime: 'PART_3', gateways: ['NOT_A_LAW'] })), ['LED_CONDITION_MISSING'])
  t.strictSame(codesOf(aRequest(), recipient({ gateways: ['NOT_A_LAW', 'LAW_FOR_BOROUGHS'] })), [])
})

t.test('a regime that this service does not cover is refused, whatever else is recorded', async (t) => {
  t.strictSame(codesOf(aRequest(), recipient({ regime: 'PART_4' as never })), ['LED_CONDITION_MISSING'])
})

t.test('a condition that has ended meets nothing, and takes no need of a policy document along', async (t) => {
  const without = indexWith([anAgreement({ apd: [] })])
  const special = aRequest({ data_items: ['HEALTH.DIAGNOSIS'] })
  t.strictSame(codesOf(special, without), ['APPROPRIATE_POLICY_MISSING'])
  const ended = { valid_to: '2026-06-30' }
  t.strictSame(codesOf(special, worldWith('SCHEDULE_1_CONDITION', 'SCH1_18', ended, without)), ['SCHEDULE_1_CONDITION_MISSING'])
  const onlyCondition = anAgreement({
    apd: [],
    versions: [
      aVersion({
        terms: { flows: [aFlow({ legal: { provider: aSide({ criminal: ['SCH1_18'] }), recipient: aSide({ criminal: ['SCH1_18'] }) } })] },
      }),
    ],
  })
  t.strictSame(
    codesOf(aRequest({ data_items: ['OFFENCE'] }), worldWith('SCHEDULE_1_CONDITION', 'SCH1_18', ended, indexWith([onlyCondition]))),
    ['CRIMINAL_OFFENCE_CONDITION_MISSING'],
  )
})

t.test('a law that has ended is none for the recipient either, nor an authority to reuse', async (t) => {
  const ended = { valid_to: '2026-06-30' }
  const citing = recipient({ gateways: ['LAW_FOR_BOROUGHS'] })
  t.strictSame(codesOf(aRequest(), worldWith('GATEWAY', 'LAW_FOR_BOROUGHS', ended, citing)), ['BASIS_IN_LAW_MISSING'])
  const part3 = { regime: 'PART_3', part3: { sch8: [], strictly_necessary: false, reuse_authority: 'LAW_FOR_BOROUGHS' } } as const
  const reusing = indexWith([
    anAgreement({ versions: [aVersion({ terms: { flows: [aFlow({ legal: { provider: aSide(part3), recipient: aSide() } })] } })] }),
  ])
  t.strictSame(codesOf(aRequest(), reusing), [])
  t.strictSame(codesOf(aRequest(), worldWith('GATEWAY', 'LAW_FOR_BOROUGHS', ended, reusing)), ['LED_REUSE_NOT_AUTHORISED'])
})

t.test('CK-20: whatever the list, a code that has ended, or has not begun, counts for nothing', async (t) => {
  const special = { data_items: ['HEALTH.DIAGNOSIS'] }
  const flow = (over: Partial<Flow>, law: Partial<LegalSide> = {}) =>
    indexWith([
      anAgreement({
        apd: ['NORTHBOROUGH', 'SOUTHBOROUGH'].map((party) => ({ party, conditions: ['SCH1_18', 'PART3_S42'] })),
        versions: [aVersion({ terms: { flows: [aFlow({ legal: { provider: aSide(law), recipient: aSide(law) }, ...over })] } })],
      }),
    ])
  const part3 = { regime: 'PART_3', art6: [], part3: { sch8: ['SCH8_1'], strictly_necessary: true, reuse_authority: null } } as const
  const compatible = (ground: string, annex2: string | null = null) => ({
    compatibility: {
      ...{ new_purpose: true, ground, annex2, collected_on_consent: false },
      ...{ consent_unobtainable: false, assessed_at: null },
    },
  })
  const abroad = (country: string, mechanism?: string): Partial<Flow> => ({
    countries: ['GB', country],
    transfers: mechanism ? { [country]: { mechanism, scope_confirmed: true, dp_test_done: true } } : {},
  })
  const override = { restriction_override: { ground: 'LEGAL_CLAIMS', reason: 'A claim.' } }
  const emergency = {
    ...{ ground: 'PREVENT_SERIOUS_HARM', actor: 'duty-manager-7', justification: 'A child is at risk and must be found at once.' },
    ...{ art9: '9(2)(g)', subject_incapable: null, sch1: ['SCH1_18'], sch8: [], transfer: 'ART49_F' },
  }
  const broken = {
    ...special,
    mode: 'EMERGENCY',
    country: 'IN',
    lawful_basis: '6(1)(e)',
    subject_flags: ['RESTRICTED'],
    emergency,
  } as const
  const rows: readonly (readonly [string, Partial<DecisionRequest>, PolicyIndex, string])[] = [
    ['PURPOSE CARE', {}, flow({}), 'UNKNOWN_CODE'],
    ['DATA_ITEM NAME', {}, flow({}), 'UNKNOWN_CODE'],
    ['DATA_SUBJECT PERSON', {}, flow({}), 'UNKNOWN_CODE'],
    ['METHOD SECURE_EMAIL', {}, flow({}), 'UNKNOWN_CODE'],
    ['COUNTRY FR', { country: 'FR' }, flow(abroad('FR')), 'UNKNOWN_CODE'],
    ['LAWFUL_BASIS 6(1)(e)', { lawful_basis: '6(1)(e)' }, flow({}), 'UNKNOWN_CODE'],
    ['DATA_FORM AGGREGATE', { data_form: 'AGGREGATE' }, flow({}), 'UNKNOWN_CODE'],
    ['SUBJECT_FLAG OBJECTED', { subject_flags: ['OBJECTED'] }, flow({}), 'UNKNOWN_CODE'],
    ['DATA_FORM PSEUDONYMISED', { data_form: 'AGGREGATE' }, flow({ data_form: 'PSEUDONYMISED' }), 'DATA_FORM_NOT_ALLOWED'],
    ['LAWFUL_BASIS 6(1)(e)', {}, flow({}), 'LAWFUL_BASIS_MISSING'],
    ['GATEWAY LAW_FOR_ALL', {}, flow({}, { art6: ['6(1)(d)'] }), 'GATEWAY_NOT_AVAILABLE'],
    ['ORG_TYPE LONDON_BOROUGH', {}, flow({}, { gateways: ['LAW_FOR_BOROUGHS'] }), 'GATEWAY_NOT_AVAILABLE'],
    ['ART9_CONDITION 9(2)(g)', special, flow({}), 'SPECIAL_CATEGORY_CONDITION_MISSING'],
    ['SCHEDULE_1_CONDITION SCH1_18', special, flow({}), 'SCHEDULE_1_CONDITION_MISSING'],
    [
      'CRIMINAL_CONDITION OFFICIAL_AUTHORITY',
      { data_items: ['OFFENCE'] },
      flow({}, { criminal: ['OFFICIAL_AUTHORITY'] }),
      'CRIMINAL_OFFENCE_CONDITION_MISSING',
    ],
    ['SCHEDULE_8_CONDITION SCH8_1', special, flow({}, part3), 'LED_CONDITION_MISSING'],
    ['CONFIDENTIALITY_BASIS OVERRIDING_PUBLIC_INTEREST', special, flow({}), 'CONFIDENTIALITY_BASIS_MISSING'],
    ['COMPATIBILITY DP_COMPLIANCE', {}, flow(compatible('DP_COMPLIANCE')), 'PURPOSE_INCOMPATIBLE'],
    ['ANNEX_2 ANX2_CRIME', {}, flow(compatible('ANNEX_2', 'ANX2_CRIME')), 'PURPOSE_INCOMPATIBLE'],
    ['TRANSFER_MECHANISM IDTA', { country: 'IN' }, flow(abroad('IN', 'IDTA')), 'TRANSFER_NOT_ALLOWED'],
    ['TRANSFER_MECHANISM ADEQUACY_PARTIAL', { country: 'JP' }, flow(abroad('JP', 'ADEQUACY_PARTIAL')), 'TRANSFER_NOT_ALLOWED'],
    [
      'TRANSFER_MECHANISM PART3_LEGAL_INSTRUMENT',
      { country: 'IN' },
      flow(abroad('IN', 'PART3_LEGAL_INSTRUMENT'), part3),
      'TRANSFER_NOT_ALLOWED',
    ],
    ['RESTRICTION_GROUND LEGAL_CLAIMS', { subject_flags: ['RESTRICTED'] }, flow(override), 'SUBJECT_RESTRICTION'],
    ['EMERGENCY_GROUND PREVENT_SERIOUS_HARM', broken, flow({}), 'EMERGENCY_NOT_QUALIFYING'],
    ['TRANSFER_MECHANISM ART49_F', broken, flow({}), 'EMERGENCY_JUSTIFICATION_MISSING'],
    ['ART9_CONDITION 9(2)(g)', broken, flow({}), 'EMERGENCY_JUSTIFICATION_MISSING'],
    ['SCHEDULE_1_CONDITION SCH1_18', broken, flow({}), 'EMERGENCY_JUSTIFICATION_MISSING'],
  ]
  for (const [entry, request, index, reason] of rows) {
    const [list = '', code = ''] = entry.split(' ')
    const asked = aRequest(request)
    t.strictSame(codesOf(asked, index), [], `${entry}: permitted while it counts`)
    const ended = worldWith(list, code, { valid_from: '2020-01-01', valid_to: '2026-06-30' }, index)
    t.strictSame(codesOf(asked, ended, '2026-06-30T22:59:59.999Z'), [], `${entry}: on its last day in London`)
    t.strictSame(codesOf(asked, ended, '2026-06-30T23:00:00Z'), [reason], `${entry}: the day after`)
    const toCome = worldWith(list, code, { valid_from: '2026-07-02', valid_to: null }, index)
    t.strictSame(codesOf(asked, toCome, '2026-07-01T22:59:59.999Z'), [reason], `${entry}: the day before it begins`)
    t.strictSame(codesOf(asked, toCome, '2026-07-01T23:00:00Z'), [], `${entry}: on its first day in London`)
  }
})

t.test('what was agreed for a purpose or for people whose code has ended covers nothing narrower', async (t) => {
  const ended = { valid_to: '2026-06-30' }
  t.strictSame(codesOf(aRequest({ purpose: 'CARE.CHILD' })), [])
  t.strictSame(codesOf(aRequest({ purpose: 'CARE.CHILD' }), worldWith('PURPOSE', 'CARE', ended)), ['PURPOSE_NOT_COVERED'])
  t.strictSame(codesOf(aRequest({ data_subjects: ['CHILD'] })), [])
  t.strictSame(codesOf(aRequest({ data_subjects: ['CHILD'] }), worldWith('DATA_SUBJECT', 'PERSON', ended)), ['SUBJECTS_NOT_COVERED'])
})

t.test('grounds of compatibility that are older than Article 8A count before it came into force, those it made do not', async (t) => {
  const asking = (ground: string) => {
    const compatibility = {
      new_purpose: true,
      ground,
      annex2: 'ANX2_CRIME',
      collected_on_consent: false,
      consent_unobtainable: false,
      assessed_at: null,
    }
    const flows = [aFlow({ compatibility: compatibility as never })]
    return codesOf(aRequest(), indexWith([anAgreement({ versions: [aVersion({ terms: { flows } })] })]), '2026-01-20T12:00:00Z')
  }
  for (const ground of ['CONSENT_NEW_PURPOSE', 'RESEARCH_ARCHIVE_STATS', 'ART23_LAW', 'ASSESSED_COMPATIBLE'])
    t.strictSame(asking(ground), [], ground)
  for (const ground of ['ANNEX_2', 'DP_COMPLIANCE']) t.strictSame(asking(ground), ['PURPOSE_INCOMPATIBLE'], ground)
})
