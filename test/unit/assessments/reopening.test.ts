import t from 'tap'
import type { AssessedFacts } from '../../../src/assessments/made/assessed-facts.ts'
import type { AssessmentCodes } from '../../../src/assessments/made/codes.ts'
import { reliedLaw } from '../../../src/assessments/made/relied-law.ts'
import { dueReopening } from '../../../src/assessments/made/reopening.ts'
import { aFlow, codes, TODAY, theFacts } from './made.ts'

// DP-6: when an approved assessment is opened again by itself. What was assessed is an ordinary share of two boroughs.

const looked = (stands: AssessedFacts, over: { readonly today?: string; readonly codesNow?: AssessmentCodes } = {}) =>
  dueReopening({
    assessed: theFacts(),
    stands,
    law: reliedLaw(theFacts(), codes),
    codesThen: codes,
    codesNow: codes,
    review_due: '2027-11-30',
    today: TODAY,
    ...over,
  })

const CASES: readonly (readonly [title: string, stands: AssessedFacts, reason: string, names: RegExp])[] = [
  [
    'a processor is new',
    theFacts({ agents: [{ org: 'CLOUDCO', for: 'LBC_CAMDEN' }] }),
    'NEW_PROCESSOR',
    /new: processor CLOUDCO LBC_CAMDEN/,
  ],
  [
    'a party that processes for others is new',
    theFacts({ parties: [...theFacts().parties, { org: 'CLOUDCO', role: 'PROCESSOR' }] }),
    'NEW_PROCESSOR',
    /new: party CLOUDCO PROCESSOR/,
  ],
  ['a country is new', theFacts({ flows: [aFlow({ countries: ['GB', 'US'] })] }), 'NEW_COUNTRY', /new: country US \(F1\)/],
  ['a technology is new', theFacts({ flows: [aFlow({ methods: ['SFTP'] })] }), 'NEW_TECHNOLOGY', /new: technology SFTP \(F1\)/],
  [
    'more data is shared',
    theFacts({ flows: [aFlow({ data_items: ['IDENTITY.NAME', 'IDENTITY.DOB'] })] }),
    'NEW_VERSION',
    /new: item IDENTITY\.DOB/,
  ],
  ['a flow is gone', theFacts({ flows: [] }), 'NEW_VERSION', /no longer there: flow F1/],
]
for (const [title, stands, reason, names] of CASES) {
  t.test(`it is opened again where ${title}`, async (t) => {
    t.match(looked(stands), { reason, note: names })
  })
}

t.test('it stays closed where nothing is new, and where only words changed or a controller has joined', async (t) => {
  t.equal(looked(theFacts()), null)
  t.equal(looked(theFacts({ narrative: { purpose: 'In other words' } })), null)
  t.equal(looked(theFacts({ parties: [...theFacts().parties, { org: 'LBC_BARNET', role: 'CONTROLLER' }] })), null)
})

t.test('it is opened again where the law that a flow relies on is in force no longer', async (t) => {
  const codesNow: AssessmentCodes = { ...codes, has: (list, code) => code !== 'HA1996_S208' && codes.has(list, code) }
  t.match(looked(theFacts(), { codesNow }), { reason: 'LAW_CHANGE', note: /\(HA1996_S208\) is in force no longer/ })
})

t.test(
  'it is opened again where a law that a flow relies on says something else under the same code, not where it is explained in other words',
  async (t) => {
    const saying = (said: {
      readonly label?: string
      readonly citation?: string
      readonly attributes?: Readonly<Record<string, unknown>>
    }) => {
      const is = (list: string, code: string) => list === 'GATEWAY' && code === 'HA1996_S208'
      const codesNow: AssessmentCodes = {
        ...codes,
        labelOf: (list, code) => (is(list, code) && said.label) || codes.labelOf(list, code),
        citationOf: (list, code) => (is(list, code) && said.citation) || codes.citationOf(list, code),
        attributesOf: (list, code) => ({ ...codes.attributesOf(list, code), ...(is(list, code) ? said.attributes : {}) }),
      }
      return looked(theFacts(), { codesNow })
    }
    t.match(saying({ citation: 'Housing Act 2027 s1' }), {
      reason: 'LAW_CHANGE',
      note: /\(HA1996_S208\) says something else now: citation/,
    })
    t.match(saying({ attributes: { recipient_types: ['SCHOOL'], requires_request: true } }), {
      note: /now: recipient types, requires request/,
    })
    const types = codes.attributesOf('GATEWAY', 'HA1996_S208')['recipient_types'] as string[]
    t.equal(saying({ attributes: { recipient_types: types.toReversed() } }), null, 'the order of its bodies says nothing')
    t.equal(saying({ label: 'In other words', attributes: { limits: 'Explained at more length.', new_member: null } }), null)
  },
)

t.test('a version of before the law was kept with it is opened again only where law has ended', async (t) => {
  const codesNow: AssessmentCodes = { ...codes, citationOf: () => 'Another Act' }
  const over = { assessed: theFacts(), stands: theFacts(), codesThen: codes, codesNow, review_due: '2027-11-30', today: TODAY }
  t.equal(dueReopening({ ...over, law: [] }), null)
})

t.test('it is opened again on the day of its review and not before', async (t) => {
  t.equal(looked(theFacts(), { today: '2027-11-29' }), null)
  t.match(looked(theFacts(), { today: '2027-11-30' }), { reason: 'REVIEW_DATE', note: /its review is due on 2027-11-30/ })
})

t.test('the gravest reason is named first, with all that changed, and a note is never too long to keep', async (t) => {
  const flows = [aFlow({ countries: ['GB', ...Array.from({ length: 40 }, (_, at) => `X${at}`)] })]
  const due = looked(theFacts({ flows, agents: [{ org: 'CLOUDCO', for: 'LBC_CAMDEN' }] }))
  t.match(due, { reason: 'NEW_PROCESSOR', note: /processor CLOUDCO[\s\S]*country X0[\s\S]*and \d+ more/ })
  t.ok((due?.note.length ?? 0) <= 2_000)
})
