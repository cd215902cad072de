import t from 'tap'
import type { Flow } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { withCodeLists } from '../../../src/decisions/policy/overlay.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { answerTo } from '../../support/builders/answer.ts'
import {
  aDisclosureDecision,
  aFlow,
  anAgreement,
  aParty,
  aRequest,
  aSide,
  aVersion,
  indexWith,
  LISTS,
} from '../../support/builders/decision-world.ts'

// An answer that rests on an entry nobody checked against a source says so, and decides the same.

const AT = Date.parse('2026-07-01T11:00:00Z')
const ADEQUACY_OF_PART_3 = 'the adequacy under Part 3 of'

/** The answer in a world where these entries ("LIST CODE") are not verified and all others are. */
function answered(request: Partial<DecisionRequest>, flow: Partial<Flow>, doubtful: readonly string[]) {
  const lists = LISTS.map((list) => ({
    ...list,
    entries: list.entries.map((entry) => ({
      ...entry,
      verified: !doubtful.includes(`${list.list} ${entry.code}`),
      attributes: { ...entry.attributes, adequacy_part3_verified: !doubtful.includes(`${ADEQUACY_OF_PART_3} ${entry.code}`) },
    })),
  }))
  const agreement = anAgreement({
    versions: [aVersion({ terms: { flows: [aFlow(flow)] } })],
    parties: ['NORTHBOROUGH', 'SOUTHBOROUGH', 'CHARITY'].map((org) => aParty(org)),
  })
  const plain = indexWith(
    [agreement],
    [aDisclosureDecision({ form: { lawful_basis: '6(1)(e)', conditions: ['SCH1_10'], exemption: 'SCH2_2' } })],
  )
  const index = withCodeLists(plain, compileCodeLists(new Map(lists.map((list) => [list.list, list]))), 'changed')
  return answerTo(evaluate(aRequest(request), AT, index), AT, index)
}

type Row = readonly [string, Partial<DecisionRequest>, Partial<Flow>, doubtful: readonly string[], told: readonly string[]]
const both = (over: Parameters<typeof aSide>[0]): Partial<Flow> => ({ legal: { provider: aSide(over), recipient: aSide(over) } })
const PART_3 = both({ regime: 'PART_3', art6: [], part3: { sch8: ['SCH8_1'], strictly_necessary: true, reuse_authority: null } })
const abroad = (country: string, mechanism?: string): Partial<Flow> => ({
  countries: ['GB', country],
  transfers: mechanism ? { [country]: { mechanism, scope_confirmed: true, dp_test_done: true } } : {},
})
const SPECIAL = { data_items: ['HEALTH.DIAGNOSIS'] }
const NEW = { new_purpose: true, annex2: null, collected_on_consent: false, consent_unobtainable: false, assessed_at: null }
const PERMITS: readonly Row[] = [
  ['nothing is in doubt', {}, {}, [], []],
  ['the law that carries it', {}, {}, ['GATEWAY LAW_FOR_ALL'], ['LAW_FOR_ALL']],
  [
    'a law that does not carry it',
    {},
    both({ gateways: ['LAW_FOR_ALL', 'LAW_FROM_NORTH', 'LAW_FOR_CHILDREN'] }),
    ['GATEWAY LAW_FOR_CHILDREN'],
    ['LAW_FOR_CHILDREN'],
  ],
  [
    'a law of the provider that does not carry it',
    {},
    { legal: { provider: aSide({ gateways: ['LAW_FOR_ALL', 'LAW_FOR_CHILDREN'] }), recipient: aSide() } },
    ['GATEWAY LAW_FOR_CHILDREN'],
    [],
  ],
  [
    'the law of the recipient',
    {},
    { legal: { provider: aSide(), recipient: aSide({ gateways: ['LAW_FOR_BOROUGHS'] }) } },
    ['GATEWAY LAW_FOR_BOROUGHS'],
    ['LAW_FOR_BOROUGHS'],
  ],
  ['a basis', {}, {}, ['LAWFUL_BASIS 6(1)(e)'], ['6(1)(e)']],
  [
    'conditions, of special items asked for',
    SPECIAL,
    {},
    ['ART9_CONDITION 9(2)(g)', 'SCHEDULE_1_CONDITION SCH1_18'],
    ['9(2)(g)', 'SCH1_18'],
  ],
  ['conditions, of ordinary items asked for', {}, {}, ['ART9_CONDITION 9(2)(g)', 'SCHEDULE_1_CONDITION SCH1_18'], []],
  ['an Art 10 condition', { data_items: ['OFFENCE'] }, {}, ['CRIMINAL_CONDITION OFFICIAL_AUTHORITY'], ['OFFICIAL_AUTHORITY']],
  ['a way to lift confidence', SPECIAL, {}, ['CONFIDENTIALITY_BASIS OVERRIDING_PUBLIC_INTEREST'], ['OVERRIDING_PUBLIC_INTEREST']],
  ['the same, nothing confidential asked for', {}, {}, ['CONFIDENTIALITY_BASIS OVERRIDING_PUBLIC_INTEREST'], []],
  [
    'a ground of compatibility',
    {},
    { compatibility: { ...NEW, ground: 'DP_COMPLIANCE' } },
    ['COMPATIBILITY DP_COMPLIANCE'],
    ['DP_COMPLIANCE'],
  ],
  [
    'the same, no new purpose',
    {},
    { compatibility: { ...NEW, new_purpose: false, ground: 'DP_COMPLIANCE' } },
    ['COMPATIBILITY DP_COMPLIANCE'],
    [],
  ],
  [
    'a condition of Annex 2',
    {},
    { compatibility: { ...NEW, ground: 'ANNEX_2', annex2: 'ANX2_CRIME' } },
    ['ANNEX_2 ANX2_CRIME'],
    ['ANX2_CRIME'],
  ],
  ['full adequacy', { country: 'FR' }, abroad('FR'), ['COUNTRY FR', `${ADEQUACY_OF_PART_3} FR`], ['FR']],
  ['full adequacy, the data stays here', {}, abroad('FR'), ['COUNTRY FR'], []],
  ['full adequacy beside a mechanism', { country: 'FR' }, abroad('FR', 'IDTA'), ['TRANSFER_MECHANISM IDTA'], []],
  ['a mechanism', { country: 'IN' }, abroad('IN', 'IDTA'), ['TRANSFER_MECHANISM IDTA', 'COUNTRY IN'], ['IDTA']],
  [
    'partial adequacy',
    { country: 'JP' },
    abroad('JP', 'ADEQUACY_PARTIAL'),
    ['COUNTRY JP', 'TRANSFER_MECHANISM ADEQUACY_PARTIAL'],
    ['ADEQUACY_PARTIAL', 'JP'],
  ],
  ['adequacy under Part 3', { country: 'FR' }, { ...abroad('FR'), ...PART_3 }, [`${ADEQUACY_OF_PART_3} FR`], ['FR']],
  ['adequacy under the UK GDPR says nothing of Part 3', { country: 'FR' }, { ...abroad('FR'), ...PART_3 }, ['COUNTRY FR'], []],
  ['who is a competent authority', {}, PART_3, ['COMPETENT_AUTHORITY STATUTORY_FUNCTIONS'], ['STATUTORY_FUNCTIONS']],
  [
    'purpose, item and person',
    {},
    {},
    ['PURPOSE CARE', 'DATA_ITEM NAME', 'DATA_SUBJECT PERSON', 'DATA_ITEM ADDRESS'],
    ['CARE', 'NAME', 'PERSON'],
  ],
  [
    'the ground on which restricted data goes',
    { subject_flags: ['RESTRICTED'] },
    { restriction_override: { ground: 'LEGAL_CLAIMS', reason: 'A claim.' } },
    ['RESTRICTION_GROUND LEGAL_CLAIMS'],
    ['LEGAL_CLAIMS'],
  ],
  [
    'a one-off decision',
    { mode: 'AD_HOC', disclosure_decision_id: 'ONE-1' },
    {},
    ['SCHEDULE_1_CONDITION SCH1_10', 'EXEMPTION SCH2_2', 'GATEWAY LAW_FOR_ALL'],
    ['SCH1_10', 'SCH2_2'],
  ],
]

t.test('a permit names the unverified entries it rests on, and no other', async (t) => {
  for (const [title, request, flow, doubtful, told] of PERMITS) {
    const answer = answered(request, flow, doubtful)
    t.equal(answer.decision, 'PERMIT', `${title}: ${JSON.stringify(answer.reasons)}`)
    t.strictSame(answer.unverified_law, told, title)
    const { unverified_law: _, ...sure } = answered(request, flow, [])
    const { unverified_law: __, ...same } = answer
    t.strictSame(same, sure, `${title}: the answer is the same`)
  }
})

t.test('an emergency names what its duty manager relied on', async (t) => {
  const emergency = {
    ground: 'PREVENT_SERIOUS_HARM',
    actor: 'duty-manager-7',
    justification: 'A child is at risk in the next hours and must be found.',
    art9: '9(2)(c)',
    subject_incapable: true,
    sch1: [],
    sch8: [],
    transfer: null,
  }
  const doubtful = ['LAWFUL_BASIS 6(1)(d)', 'ART9_CONDITION 9(2)(c)', 'GATEWAY LAW_FOR_ALL']
  const asked = { ...SPECIAL, mode: 'EMERGENCY', lawful_basis: '6(1)(d)', method: 'POST_TRACKED', emergency } as const
  const answer = answered(asked, {}, doubtful)
  t.match(answer, { decision: 'PERMIT', via: 'BREAK_GLASS', unverified_law: ['6(1)(d)', '9(2)(c)'] })
})

t.test('a refusal names the unverified entries that its reasons are about, and nothing to who may not know the text', async (t) => {
  const other = both({ gateways: ['LAW_FOR_CHILDREN'] })
  const refused = answered({}, other, ['GATEWAY LAW_FOR_CHILDREN', 'LAWFUL_BASIS 6(1)(e)'])
  t.match(refused, { decision: 'DENY', primary_reason: 'GATEWAY_NOT_AVAILABLE' })
  t.strictSame(refused.unverified_law, ['LAW_FOR_CHILDREN'])
  t.strictSame(answered({ method: 'POST_TRACKED' }, {}, ['GATEWAY LAW_FOR_ALL']).unverified_law, [], 'a method is no law')
  const index = indexWith([anAgreement()])
  const hidden = answerTo(evaluate(aRequest({ method: 'POST_TRACKED' }), AT, index), AT, index, { mayKnow: () => false })
  t.strictSame(hidden.unverified_law, [])
})
