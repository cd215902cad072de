import fc from 'fast-check'
import type { Agreement, AgreementVersion, Flow, LegalSide, Suspension } from '../../../src/agreements/agreement.ts'
import type { DecisionRequest, EmergencyClaim } from '../../../src/decisions/rules/request.ts'
import type { DisclosureRecord } from '../../../src/disclosures/disclosure-record.ts'
import { aDisclosureDecision, aFlow, anAgreement, aParty, aRequest, aSide, aVersion, ORGANISATIONS, type World } from './decision-world.ts'

/**
 * Registers, requests and instants by chance, from vocabularies small enough that questions and agreements often meet.
 * Around a week in which London's clocks go forward (29 March 2026), so that days and instants disagree.
 */

const CODES = ORGANISATIONS.map(({ code }) => code)
const PAIR = ['NORTHBOROUGH', 'SOUTHBOROUGH']
export const PURPOSES = ['CARE', 'CARE.CHILD', 'CARE.CHILD.ENQUIRY', 'FRAUD', 'FRAUD.MATCHING']
export const ITEMS = ['NAME', 'ADDRESS', 'INCOME', 'HEALTH.DIAGNOSIS', 'HEALTH.SUMMARY', 'OFFENCE']
export const SUBJECTS = ['PERSON', 'CHILD', 'INFANT', 'LANDLORD']
const METHODS = ['SECURE_EMAIL', 'API_MTLS', 'POST_TRACKED']
const COUNTRIES = ['GB', 'FR', 'AR', 'JP', 'IN']
const DAYS = ['2026-03-27', '2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31', '2026-04-01', '2026-04-02']
const FIRST_MS = Date.parse('2026-03-27T00:00:00Z')
const LAST_MS = Date.parse('2026-04-03T00:00:00Z')

/** Mostly the first, now and then the other. */
function mostly<A, B>(usual: fc.Arbitrary<A>, rare: fc.Arbitrary<B>, weight = 25): fc.Arbitrary<A | B> {
  return fc.oneof<[{ weight: number; arbitrary: fc.Arbitrary<A | B> }, { weight: number; arbitrary: fc.Arbitrary<A | B> }]>(
    { weight, arbitrary: usual },
    { weight: 1, arbitrary: rare },
  )
}

const some = (values: readonly string[], most = values.length) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: most })

/** An instant of the week (ms): anywhere, or within a second of a day's end in UTC or in London. */
export const anInstant: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: FIRST_MS, max: LAST_MS }),
  fc
    .tuple(fc.constantFrom(...DAYS), fc.constantFrom(0, -3_600_000), fc.constantFrom(-1000, -1, 0, 1, 1000))
    .map(([day, shift, near]) => Date.parse(`${day}T00:00:00Z`) + shift + near),
)
const anIso = anInstant.map((ms) => new Date(ms).toISOString())
const anEarlyIso = fc.constant('2026-01-05T09:00:00.000Z')

const sideArb: fc.Arbitrary<LegalSide> = fc
  .record({
    art6: mostly(fc.constant(['6(1)(e)']), fc.subarray(['6(1)(a)', '6(1)(c)', '6(1)(ea)', '6(1)(f)'])),
    gateways: mostly(
      fc.constant(['LAW_FOR_ALL']),
      fc.subarray([
        'LAW_FOR_CHILDREN',
        'LAW_FOR_BOROUGHS',
        'LAW_WITH_CONSENT',
        'LAW_WITHOUT_PATIENTS',
        'LAW_WITHOUT_HEALTH',
        'LAW_FROM_NORTH',
        'POWER_IN_GENERAL',
        'LAW_FROM_APRIL',
      ]),
      3,
    ),
    art9: mostly(fc.constant(['9(2)(g)']), fc.subarray(['9(2)(c)', '9(2)(h)', '9(2)(i)'])),
    sch1: mostly(fc.constant(['SCH1_18']), fc.subarray(['SCH1_10', 'SCH1_1'])),
    criminal: mostly(fc.constant(['OFFICIAL_AUTHORITY']), fc.subarray(['SCH1_18', 'SCH1_10'])),
    performing_task: mostly(fc.constant(true), fc.constant(false)),
  })
  .map((over) => aSide(over))

const partThreeArb: fc.Arbitrary<LegalSide> = fc
  .record({
    gateways: mostly(fc.constant(['LAW_FOR_ALL']), fc.constant<readonly never[]>([])),
    part3: fc.record({
      sch8: mostly(fc.constant(['SCH8_1']), fc.constant<readonly never[]>([])),
      strictly_necessary: mostly(fc.constant(true), fc.constant(false)),
      reuse_authority: mostly(fc.constant<string | null>('LAW_FOR_ALL'), fc.constant<string | null>(null)),
    }),
  })
  .map((over) => aSide({ ...over, regime: 'PART_3', art6: [], art9: [], sch1: [], criminal: [] }))

function flowArb(id: string): fc.Arbitrary<Flow> {
  return fc
    .record({
      // Mostly both directions between the two boroughs, so that generated questions find a flow.
      providers: mostly(fc.constantFrom(PAIR, [PAIR[0] as string], CODES), some(CODES)),
      recipients: mostly(fc.constantFrom(PAIR, [PAIR[1] as string], CODES), some(CODES)),
      purpose: mostly(fc.constant('CARE'), fc.constantFrom(...PURPOSES), 4),
      data_items: mostly(fc.constantFrom(ITEMS, ITEMS, ITEMS.slice(0, 4), ITEMS.slice(2)), some(ITEMS), 5),
      data_subjects: mostly(fc.constantFrom(['PERSON'], ['PERSON', 'LANDLORD']), some(SUBJECTS), 4),
      category_grant: mostly(fc.constant<readonly string[]>([]), fc.constant(['HEALTH'])),
      data_form: mostly(fc.constant('IDENTIFIABLE'), fc.constantFrom('PSEUDONYMISED', 'AGGREGATE')),
      methods: mostly(fc.constant(METHODS), some(METHODS), 4),
      countries: mostly(fc.constant(['GB']), fc.constant(COUNTRIES), 3),
      transfers: fc.constantFrom(
        {},
        { IN: { mechanism: 'IDTA', scope_confirmed: false, dp_test_done: true } },
        { IN: { mechanism: 'PART3_ASSESSED_SAFEGUARDS', scope_confirmed: false, dp_test_done: true } },
      ),
      legal: fc.record({
        provider: mostly(sideArb, partThreeArb, 8),
        recipient: mostly(sideArb, fc.oneof(partThreeArb, fc.constant(null)), 8),
      }),
      confidentiality: mostly(fc.constant('LEGAL_DUTY'), fc.constantFrom(null, 'NOT_ENGAGED')),
      compatibility: mostly(
        fc.constant(null),
        fc.constantFrom('ANNEX_2', 'DP_COMPLIANCE', null).map((ground) => ({
          new_purpose: true,
          ground,
          annex2: null,
          collected_on_consent: false,
          consent_unobtainable: false,
          assessed_at: null,
        })),
      ),
      volume_limit: mostly(fc.constant(null), fc.record({ subjects: fc.nat(5), records: fc.constant(null) })),
      honours_objection: fc.boolean(),
      consent_required: mostly(fc.constant(false), fc.constant(true)),
      restriction_override: mostly(
        fc.constant(null),
        fc.record({
          ground: fc.constantFrom('CONSENT', 'LEGAL_CLAIMS', 'CONVENIENCE'),
          reason: fc.constantFrom('A claim is being made.', ' '),
        }),
        2,
      ),
    })
    .map((over) => aFlow({ id, ...over }))
}

const versionsArb: fc.Arbitrary<AgreementVersion[]> = fc
  .tuple(
    fc.tuple(flowArb('F1'), flowArb('F2')),
    fc.integer({ min: 1, max: 2 }),
    mostly(fc.constant('2026-01-10'), fc.constantFrom(...DAYS), 5),
    mostly(fc.constant(null), fc.constantFrom(...DAYS), 5),
    mostly(fc.constant({ rule: 'PAIRWISE' }), fc.constantFrom({ rule: 'ALL_SIGNED' }, { rule: 'THRESHOLD', n: 3 })),
    mostly(fc.constant<readonly string[]>([]), some(PURPOSES, 2), 15),
    fc.option(fc.constantFrom(...DAYS), { freq: 6, nil: null }),
  )
  .map(([flows, count, from, to, commencement, prohibited, second]) => {
    const prohibitions = prohibited.length > 0 ? [{ purposes: prohibited, note: null }] : []
    const terms = { flows: flows.slice(0, count), commencement, prohibitions }
    const first = aVersion({ effective_from: from, effective_to: to !== null && to < from ? null : to, terms })
    return second === null
      ? [first]
      : [first, aVersion({ version: 2, effective_from: second, terms: { ...terms, flows: flows.slice(0, 1) } })]
  })

function suspensionsArb(parties: readonly string[]): fc.Arbitrary<Suspension[]> {
  const interval = fc
    .tuple(anIso, fc.option(anIso, { nil: null }))
    .map(([from, to]) => ({ from, to: to !== null && to < from ? null : to }))
  const of = fc.constantFrom(
    { scope: 'AGREEMENT' as const, party: null, flow: null, version: null },
    ...parties.map((party) => ({ scope: 'PARTY' as const, party, flow: null, version: null })),
    { scope: 'FLOW' as const, party: null, flow: 'F1', version: null },
  )
  return mostly(
    fc.constant<Suspension[]>([]),
    fc.tuple(of, interval).map(([what, when]) => [{ ...what, ...when }]),
    8,
  )
}

/** One agreement, mostly in force between mostly the two boroughs. */
export function agreementArb(id: string): fc.Arbitrary<Agreement> {
  return mostly(fc.constantFrom(PAIR, CODES), fc.uniqueArray(fc.constantFrom(...CODES), { minLength: 2 }), 4).chain((orgs) =>
    fc
      .record({
        versions: versionsArb,
        left: mostly(fc.constant(null), anIso, 15),
        suspensions: suspensionsArb(orgs),
        terminated_at: mostly(fc.constant(null), anIso, 15),
        signed: fc.array(mostly(anEarlyIso, fc.oneof(anIso, fc.constant(null)), 15), { minLength: 8, maxLength: 8 }),
        review_due: mostly(fc.constant(null), fc.constantFrom(...DAYS), 8),
        review_policy: fc.constantFrom('WARN' as const, 'BLOCK_AFTER_GRACE' as const),
        review_grace_days: fc.nat(2),
        dpia: fc.record({
          required: fc.boolean(),
          status: mostly(fc.constant('APPROVED'), fc.constantFrom('DRAFT', 'REJECTED')),
          status_changes: mostly(
            fc.constant<readonly never[]>([]),
            fc.record({ at: anIso, status: fc.constantFrom('REJECTED', 'APPROVED') }).map((change) => [change]),
          ),
          residual: mostly(fc.constant('LOW'), fc.constant('HIGH')),
          prior_consultation: fc.constantFrom('COMPLETED', 'REQUIRED'),
          review_due: mostly(fc.constant(null), fc.constantFrom(...DAYS)),
        }),
        hasDocuments: mostly(fc.constant(true), fc.constant(false)),
        instrument_type: mostly(fc.constant('CONTROLLER_TO_CONTROLLER'), fc.constantFrom('CONTROLLER_TO_PROCESSOR', 'JOINT_CONTROLLER')),
      })
      .map(({ versions, left, signed, hasDocuments, ...rest }) =>
        anAgreement({
          id,
          ...rest,
          versions,
          parties: orgs.map((org, position) => aParty(org, { left_at: position === 0 ? left : null })),
          signatures: versions.flatMap(({ version }) =>
            orgs.flatMap((org, position) => {
              const at = signed[(version - 1) * 4 + position] ?? null
              return at === null ? [] : [{ org, version, signed_at: at }]
            }),
          ),
          apd: hasDocuments ? orgs.map((party) => ({ party, conditions: ['SCH1_18', 'SCH1_10', 'PART3_S42'] })) : [],
        }),
      ),
  )
}

const disclosureArb: fc.Arbitrary<DisclosureRecord> = fc
  .record({
    purpose: fc.constantFrom('CARE', 'CARE.CHILD'),
    data_items: mostly(fc.constant(ITEMS), some(ITEMS), 3),
    status: mostly(fc.constant('APPROVED'), fc.constant('REFUSED')),
    valid_from: mostly(anEarlyIso, anIso),
    single_use: fc.boolean(),
    consumed_at: mostly(fc.constant(null), fc.constant('2026-03-01T00:00:00.000Z'), 6),
    subject_count: mostly(fc.constant(null), fc.nat(3), 4),
  })
  .map((over) => aDisclosureDecision(over))

/** Three agreements and a one-off decision between four bodies. */
export const worldArb: fc.Arbitrary<World> = fc
  .tuple(agreementArb('AGR-1'), agreementArb('AGR-2'), agreementArb('AGR-3'), disclosureArb, fc.integer({ min: 1, max: 3 }))
  .map(([first, second, third, disclosure, count]) => ({
    organisations: ORGANISATIONS,
    agreements: [first, second, third].slice(0, count),
    disclosures: [disclosure],
  }))

const emergencyArb: fc.Arbitrary<EmergencyClaim> = fc.record({
  ground: mostly(fc.constant('PREVENT_SERIOUS_HARM'), fc.constantFrom(null, 'CONVENIENCE')),
  actor: mostly(fc.constant('duty-manager-7'), fc.constant(null)),
  justification: mostly(fc.constant('A child is at risk in the next hours and must be found.'), fc.constant('Urgent.')),
  art9: mostly(fc.constant('9(2)(c)'), fc.constantFrom('9(2)(g)', null), 6),
  subject_incapable: mostly(fc.constant(true), fc.constant(null)),
  sch1: fc.constantFrom([], ['SCH1_18']),
  sch8: fc.constantFrom([], ['SCH8_1']),
  transfer: fc.constantFrom(null, 'ART49_F'),
})

/** A question of this mode, mostly from north to south, mostly one that a flow of the world could carry. */
export function requestArb(mode: DecisionRequest['mode'] = 'SYSTEMATIC'): fc.Arbitrary<DecisionRequest> {
  return fc
    .record({
      provider: mostly(fc.constant(PAIR[0] as string), fc.constantFrom(...CODES, 'STRANGER')),
      recipient: mostly(fc.constant(PAIR[1] as string), fc.constantFrom(...CODES)),
      purpose: mostly(fc.constantFrom(...PURPOSES.slice(0, 3)), fc.constantFrom(...PURPOSES), 3),
      data_items: mostly(some(ITEMS, 2), some(ITEMS)),
      data_subjects: mostly(some(SUBJECTS.slice(0, 3), 2), some(SUBJECTS, 2), 5),
      method: fc.constantFrom('SECURE_EMAIL', 'SECURE_EMAIL', 'API_MTLS', 'POST_TRACKED'),
      country: mostly(fc.constant('GB'), fc.constantFrom(...COUNTRIES), 5),
      lawful_basis: mostly(
        mode === 'EMERGENCY' ? fc.constant('6(1)(e)') : fc.constantFrom(null, '6(1)(e)'),
        fc.constantFrom('6(1)(c)', '6(1)(f)', 'PART3_TASK'),
      ),
      data_form: mostly(fc.constantFrom(null, 'AGGREGATE'), fc.constantFrom('PSEUDONYMISED', 'UNHEARD_OF')),
      agreement_ref: mostly(fc.constant(null), fc.constantFrom('AGR-1', 'AGR-9')),
      consent_ref: fc.constantFrom(null, 'consent-1'),
      subject_flags: mostly(fc.constant<readonly never[]>([]), fc.subarray(['OBJECTED', 'RESTRICTED', 'CONSENT_WITHDRAWN']), 4),
      subject_count: fc.option(fc.nat(4), { nil: null }),
      disclosure_decision_id: mode === 'AD_HOC' ? mostly(fc.constant('ONE-1'), fc.constant(null), 10) : fc.constant(null),
      emergency: mode === 'EMERGENCY' ? mostly(emergencyArb, fc.constant(null)) : fc.constant(null),
    })
    .map((over) => aRequest({ mode, ...over }))
}
