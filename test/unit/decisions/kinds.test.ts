import fc from 'fast-check'
import t from 'tap'
import type { Agreement, AgreementVersion, LegalSide } from '../../../src/agreements/agreement.ts'
import { reasonsBetween } from '../../../src/decisions/advice/consistency.ts'
import { asInForce, pairsOf } from '../../../src/decisions/advice/drafted.ts'
import { askedByKind, kindsIn } from '../../../src/decisions/advice/kinds.ts'
import { type PreviewRow, preview } from '../../../src/decisions/advice/preview.ts'
import { type Between, previewGroupsInSteps } from '../../../src/decisions/advice/preview-groups.ts'
import { demoRegister } from '../../../src/demo/register-content.ts'
import { atOnce } from '../../../src/platform/kernel/turns.ts'
import { aFlow, anAgreement, aVersion, NOW, register, SIDE } from '../../support/builders/lawful-draft.ts'
import { runs, tally } from '../../support/properties.ts'

// Advice and the grouped table ask about few pairs what the rules would answer about each: the answers are equal to asking about all.

const BOROUGHS = [
  ...['LBC_BARNET', 'LBC_BEXLEY', 'LBC_BRENT', 'LBC_BROMLEY', 'LBC_CAMDEN', 'LBC_CROYDON', 'LBC_EALING', 'LBC_ENFIELD', 'LBC_HACKNEY'],
  ...['LBC_HARINGEY', 'LBC_HARROW', 'LBC_ISLINGTON', 'LBC_LAMBETH', 'LBC_SUTTON', 'COL_CORPORATION'],
]
const BODIES = [
  ...BOROUGHS,
  ...['MPS', 'COLP', 'BTP', 'ICB_WNL', 'ICB_NCL', 'ICB_NEL'],
  ...['NHS_ENGLAND', 'NHS_DIGITAL', 'GOV_DWP', 'GOV_HOME_OFFICE', 'GOV_CSPR_PANEL', 'LONDON_COUNCILS', 'GLA', 'NOT_IN_THE_REGISTER'],
  ...['OLD_NAME_OF_CAMDEN', 'WAS_HACKNEY_ONCE', 'ALL_SIGNED_BOROUGHS'],
]
const OTHER_NAMES = new Map([
  ['OLD_NAME_OF_CAMDEN', 'LBC_CAMDEN'],
  ['WAS_HACKNEY_ONCE', 'LBC_HACKNEY'],
])
const known = { codes: register.codes, organisation: (code: string) => register.organisation(OTHER_NAMES.get(code) ?? code) }
const ALL = { limit: 100_000 }

const some = <T>(...values: readonly T[]) => fc.subarray([...values])
const bodies = fc.oneof(fc.subarray(BODIES, { minLength: 1, maxLength: 9 }), fc.subarray(BOROUGHS, { minLength: 6 }))
const faulty: fc.Arbitrary<LegalSide> = fc
  .record({
    regime: fc.constantFrom('UK_GDPR', 'UK_GDPR', 'UK_GDPR', 'PART_3', 'PART_4'),
    performing_task: fc.boolean(),
    art6: some('6(1)(c)', '6(1)(e)', '6(1)(f)', '6(1)(a)'),
    gateways: some('CA2004_S10_DWP', 'CA2004_S16C', 'CA1989_S47', 'CA1989_S27', 'CDA1998_S17_GLA', 'LA2011_S1', 'CA2004_S11', 'NOT_A_LAW'),
    art9: some('9(2)(g)', '9(2)(h)'),
    sch1: some('SCH1_18', 'SCH1_10', 'SCH1_2'),
    criminal: some('OFFICIAL_AUTHORITY', 'SCH1_10'),
    sch8: some('SCH8_1'),
    strictly_necessary: fc.boolean(),
  })
  .map(
    ({ sch8, strictly_necessary, ...law }) =>
      ({ ...SIDE, ...law, part3: { sch8, strictly_necessary, reuse_authority: null } }) as LegalSide,
  )
const side = fc.oneof(faulty, {
  weight: 4,
  arbitrary: fc.constant<LegalSide>({ ...SIDE, gateways: ['CA2004_S11', 'CA2004_S10_DWP'] }),
})
const compatibility = fc.constantFrom(null, null, null, null, {
  ...{ new_purpose: true, ground: 'ANNEX_2', annex2: 'ANX2_PUBLIC_TASK_REQUEST' },
  ...{ collected_on_consent: false, consent_unobtainable: false, assessed_at: null },
})
const draft: fc.Arbitrary<{ agreement: Agreement; version: AgreementVersion }> = fc
  .record({
    parties: fc.subarray(BODIES, { minLength: BODIES.length - 5 }),
    ...{ providers: bodies, recipients: bodies, provider: side, recipient: fc.option(side, { freq: 6 }), compatibility },
    items: fc
      .boolean()
      .chain((isOrdinary) =>
        isOrdinary ? fc.constant<string[]>([]) : some('IDENTITY.NAME', 'HEALTH.DISABILITY', 'CRIMINAL.CONVICTION', 'CONTACT.SAFE_CONTACT'),
      ),
    purpose: fc.constantFrom('SAFEGUARDING_CHILDREN', 'SAFEGUARDING_CHILDREN', 'COMMUNITY_SAFETY', 'SUPPORTING_FAMILIES'),
    countries: some('FR', 'BR'),
    consent_required: fc.boolean(),
    documents: fc.array(fc.record({ party: fc.constantFrom(...BODIES), conditions: some('SCH1_18', 'SCH1_10', 'PART3_S42') }), {
      maxLength: 6,
    }),
    instrument_type: fc.constantFrom('CONTROLLER_TO_CONTROLLER', 'CONTROLLER_TO_CONTROLLER', 'CONTROLLER_TO_PROCESSOR', 'JOINT_CONTROLLER'),
  })
  .map(({ parties, provider, recipient, items, documents, instrument_type, ...flow }) => ({
    agreement: anAgreement({ instrument_type, apd: documents as Agreement['apd'] }, parties),
    version: aVersion({}, { flows: [aFlow({ ...flow, data_items: ['CONTACT.EMAIL', ...items], legal: { provider, recipient } })] }),
  }))

t.test('what is asked of a few pairs is answered for each pair word for word as if every pair were asked about', async (t) => {
  const met = tally(t, { refused: 80, 'asked less': 24 })
  fc.assert(
    fc.property(draft, ({ agreement, version }) => {
      const drafted = asInForce(agreement, version, NOW, known.organisation)
      for (const flow of drafted.version.flows) {
        const plain = reasonsBetween(drafted, flow, known)
        let asked = 0
        const quick = askedByKind(kindsIn(drafted, flow, known), (pair) => {
          asked += 1
          return plain(pair)
        })
        const pairs = pairsOf(flow)
        const answers = pairs.map((pair) => JSON.stringify(quick(pair)))
        if (answers.some((answer) => answer !== '[]')) met.saw('refused')
        if (asked < pairs.length) met.saw('asked less')
        for (const [place, pair] of pairs.entries()) if (answers[place] !== JSON.stringify(plain(pair))) return false
      }
      return true
    }),
    runs(100),
  )
  met.check()
})

/** What a line says, without the names of the bodies it is about. */
const saidIn = ({ flow, purpose, data_items, countries, outcome, needs_consent, reasons }: PreviewRow) =>
  JSON.stringify({
    ...{ flow, purpose, data_items, countries, outcome, needs_consent },
    reasons: reasons.map(({ detail: _, ...one }) => one),
  })
const pairsIn = (between: readonly Between[]) =>
  between.flatMap(({ from, to }) => from.flatMap((sends) => to.filter((code) => code !== sends).map((gets) => `${sends} to ${gets}`)))

t.test('the grouped table says of every pair what its line in the whole table says, of each once, and of no other', async (t) => {
  const met = tally(t, { permitted: 24, 'several answers': 300 })
  fc.assert(
    fc.property(draft, ({ agreement, version }) => {
      const groups = atOnce(previewGroupsInSteps(agreement, version, NOW, known))
      if (groups.some(({ outcome }) => outcome === 'PERMIT')) met.saw('permitted')
      if (groups.length > 1) met.saw('several answers')
      const grouped = groups.flatMap(({ pair_count, between, ...said }) => {
        const pairs = pairsIn(between)
        return pairs.length === pair_count ? pairs.map((pair) => `${pair}: ${JSON.stringify(said)}`) : ['counted wrongly']
      })
      const { rows } = preview(agreement, version, NOW, known, ALL)
      const plain = rows.map((row) => `${row.provider} to ${row.recipient}: ${saidIn(row)}`)
      return JSON.stringify(grouped.toSorted()) === JSON.stringify(plain.toSorted())
    }),
    runs(400),
  )
  met.check()
})

t.test('44 parties: of 1,716 pairs few are asked about, and nothing of the table is left out', async (t) => {
  const { agreement } = demoRegister().agreements.find((one) => one.agreement.id === 'SAMPLE-LONDON-CHILD-SAFEGUARDING') ?? {}
  const version = agreement?.versions.at(-1)
  if (!agreement || !version) throw new Error('the sample is not there')
  const drafted = asInForce(agreement, version, NOW, register.organisation)
  let [asked, all] = [0, 0]
  for (const flow of drafted.version.flows) {
    const pairs = pairsOf(flow)
    const plain = reasonsBetween(drafted, flow, register)
    const quick = askedByKind(kindsIn(drafted, flow, register), (pair) => {
      asked += 1
      return plain(pair)
    })
    all += pairs.length
    for (const pair of pairs) quick(pair)
  }
  t.equal(all, 1716)
  t.ok(asked < 120, `${asked} asked`)
  const groups = atOnce(previewGroupsInSteps(agreement, version, NOW, register))
  t.equal(
    groups.reduce((sum, { pair_count }) => sum + pair_count, 0),
    1716,
  )
  t.match(groups[0], { flow: 'F1', outcome: 'PERMIT', pair_count: 1056, between: [{ from: { length: 33 }, to: { length: 33 } }] })
  t.equal(groups[0]?.between.length, 1, 'all boroughs with each other are one line')
  t.match(
    groups.filter(({ flow }) => flow === 'F3'),
    [
      { outcome: 'DENY', pair_count: 66, reasons: [{ code: 'PARTY_INACTIVE' }] },
      { outcome: 'PERMIT', pair_count: 198 },
    ],
  )
})
