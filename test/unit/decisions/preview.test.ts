import fc from 'fast-check'
import t from 'tap'
import { legalConsistency } from '../../../src/decisions/advice/consistency.ts'
import { preview } from '../../../src/decisions/advice/preview.ts'
import { aFlow, anAgreement, aVersion, NOW, register, SIDE, withLaw } from '../../support/builders/lawful-draft.ts'
import { runs } from '../../support/properties.ts'

const ALL = { limit: 1000 }
const table = (...args: Parameters<typeof aVersion>) => preview(anAgreement(), aVersion(...args), NOW, register, ALL)

t.test('once everybody has signed the draft permits its flow in its direction alone', async (t) => {
  const { rows, total, at } = table()
  t.equal(at, '2027-01-01T00:00:00.000Z', 'the first instant of its first day in London')
  t.equal(total, 1)
  t.match(rows, [
    {
      provider: 'LBC_CAMDEN',
      recipient: 'LBC_HACKNEY',
      purpose: 'HOMELESSNESS',
      flow: 'F1',
      outcome: 'PERMIT',
      reasons: [],
      countries: ['GB'],
      needs_consent: false,
    },
  ])
  t.ok(rows[0]?.obligations.some(({ code }) => code === 'RETENTION_LIMIT'))
})

t.test('a line that would be refused says why and who can remedy it', async (t) => {
  const { rows } = table({}, { flows: [aFlow(withLaw({ gateways: [] }))] })
  t.match(rows, [
    { outcome: 'DENY', obligations: [], reasons: [{ code: 'BASIS_IN_LAW_MISSING', remedy_role: 'LEGAL', citation: /Art 6/ }] },
  ])
})

t.test('each flow is answered by itself: another one that would permit does not lend itself', async (t) => {
  const { rows } = table({}, { flows: [aFlow(withLaw({ art6: [] })), aFlow({ id: 'F2' })] })
  t.same(
    rows.map(({ flow, outcome }) => [flow, outcome]),
    [
      ['F1', 'DENY'],
      ['F2', 'PERMIT'],
    ],
  )
})

t.test('a country abroad is listed only with a safeguard that holds; the United Kingdom always is', async (t) => {
  const { rows } = table(
    {},
    {
      flows: [
        aFlow({ countries: ['FR', 'BR', 'US'], transfers: { US: { mechanism: 'IDTA', scope_confirmed: false, dp_test_done: true } } }),
      ],
    },
  )
  t.same(rows[0]?.countries, ['GB', 'FR', 'US'])
})

t.test('a flow that needs consent permits with it, and says so', async (t) => {
  t.match(table({}, { flows: [aFlow({ consent_required: true })] }).rows, [{ outcome: 'PERMIT', needs_consent: true }])
})

t.test('an assessment that is not approved stands in every line', async (t) => {
  const agreement = anAgreement({ dpia: { ...anAgreement().dpia, required: true, status: 'DRAFT' } })
  t.match(preview(agreement, aVersion(), NOW, register, ALL).rows, [{ outcome: 'DENY', reasons: [{ code: 'DPIA_REQUIRED_NOT_APPROVED' }] }])
})

t.test('all boroughs with all boroughs: 1,056 lines, in pages that neither repeat nor leave out', async (t) => {
  const boroughs = BOROUGHS
  const agreement = anAgreement({}, boroughs)
  const version = aVersion({}, { flows: [aFlow({ providers: ['ALL_SIGNED_BOROUGHS'], recipients: ['ALL_SIGNED_BOROUGHS'] })] })
  const keys: string[] = []
  let after: string | undefined
  do {
    const page = preview(agreement, version, NOW, register, { limit: 100, after })
    t.equal(page.total, boroughs.length * (boroughs.length - 1))
    keys.push(...page.rows.map(({ provider, recipient }) => `${provider} ${recipient}`))
    after = page.next ?? undefined
  } while (after)
  t.equal(new Set(keys).size, boroughs.length * (boroughs.length - 1))
  t.equal(keys.length, new Set(keys).size)
  t.equal(preview(agreement, version, NOW, register, { ...ALL, provider: 'LBC_CAMDEN', recipient: 'LBC_BRENT' }).rows.length, 1)
  t.equal(preview(agreement, version, NOW, register, { ...ALL, provider: 'NOBODY' }).total, 0)
})

t.test('advice and table never disagree: every reason of the table is told by the advice, whatever the law recorded', async () => {
  const some = <T>(...values: readonly T[]) => fc.subarray([...values])
  const side = fc.record({
    art6: some('6(1)(c)', '6(1)(e)', '6(1)(f)', '6(1)(ea)'),
    gateways: some('HA1996_PART7', 'LA2011_S1', 'CDA1998_S17A'),
    art9: some('9(2)(g)', '9(2)(a)'),
    sch1: some('SCH1_18', 'SCH1_2'),
    criminal: some('OFFICIAL_AUTHORITY'),
  })
  fc.assert(
    fc.property(
      side,
      side,
      some('IDENTITY.NAME', 'HEALTH.DISABILITY', 'CRIMINAL.CONVICTION', 'CONTACT.SAFE_CONTACT'),
      fc.constantFrom(null, 'LEGAL_DUTY'),
      (provider, recipient, items, confidentiality) => {
        const flow = aFlow({
          data_items: ['CONTACT.EMAIL', ...items],
          confidentiality,
          legal: { provider: { ...SIDE, ...provider }, recipient: { ...SIDE, ...recipient } },
        })
        const version = aVersion({}, { flows: [flow] })
        const [row] = preview(anAgreement(), version, NOW, register, ALL).rows
        const warned = new Set(legalConsistency(anAgreement(), version, NOW, register).map(({ code }) => code))
        return row?.reasons.every(({ code }) => warned.has(code)) === true
      },
    ),
    runs(200),
  )
})

const BOROUGHS = [
  'COL_CORPORATION',
  'LBC_BARKING_DAGENHAM',
  'LBC_BARNET',
  'LBC_BEXLEY',
  'LBC_BRENT',
  'LBC_BROMLEY',
  'LBC_CAMDEN',
  'LBC_CROYDON',
  'LBC_EALING',
  'LBC_ENFIELD',
  'LBC_GREENWICH',
  'LBC_HACKNEY',
  'LBC_HAMMERSMITH_FULHAM',
  'LBC_HARINGEY',
  'LBC_HARROW',
  'LBC_HAVERING',
  'LBC_HILLINGDON',
  'LBC_HOUNSLOW',
  'LBC_ISLINGTON',
  'LBC_KENSINGTON_CHELSEA',
  'LBC_KINGSTON',
  'LBC_LAMBETH',
  'LBC_LEWISHAM',
  'LBC_MERTON',
  'LBC_NEWHAM',
  'LBC_REDBRIDGE',
  'LBC_RICHMOND',
  'LBC_SOUTHWARK',
  'LBC_SUTTON',
  'LBC_TOWER_HAMLETS',
  'LBC_WALTHAM_FOREST',
  'LBC_WANDSWORTH',
  'COW_WESTMINSTER',
]
