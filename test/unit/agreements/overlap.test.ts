import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import { overlaps } from '../../../src/agreements/model/overlap.ts'
import { aFlow, anAgreement, aVersion, register } from '../../support/builders/lawful-draft.ts'

const AT = '2027-06-01T12:00:00.000Z'
const signedBy = (...orgs: readonly string[]) => orgs.map((org) => ({ org, version: 1, signed_at: '2026-12-01T00:00:00.000Z' }))
const inForce = (over: Partial<Agreement> = {}): Agreement =>
  anAgreement({
    status: 'ACTIVE',
    versions: [aVersion({ status: 'APPROVED' })],
    signatures: signedBy('LBC_CAMDEN', 'LBC_HACKNEY'),
    ...over,
  })
const question = { parties: ['LBC_CAMDEN', 'LBC_HACKNEY'], purpose: 'HOMELESSNESS', categories: [] }
const ask = (agreement: Agreement, over: Partial<typeof question> & { readonly categories?: readonly string[] } = {}) =>
  overlaps([agreement], { ...question, ...over }, register.codes, Date.parse(AT))[0]

t.test('the same bodies and purpose in force: found, with everything that matched', async (t) => {
  t.match(ask(inForce()), {
    state: 'IN_FORCE',
    score: 1,
    matched: { parties: ['LBC_CAMDEN', 'LBC_HACKNEY'], purposes: [{ code: 'HOMELESSNESS', relation: 'SAME' }] },
    joinable_by: [],
  })
})

t.test('purposes hang together both ways', async (t) => {
  t.equal(ask(inForce(), { purpose: 'HOMELESSNESS.ROUGH_SLEEPING' })?.matched.purposes[0]?.relation, 'BROADER')
  const narrow = inForce({ versions: [aVersion({ status: 'APPROVED' }, { flows: [aFlow({ purpose: 'HOMELESSNESS.ROUGH_SLEEPING' })] })] })
  t.equal(ask(narrow)?.matched.purposes[0]?.relation, 'NARROWER')
  t.equal(ask(inForce(), { purpose: 'COUNCIL_TAX' }), undefined, 'another purpose is no overlap')
})

t.test('every state has its name; what was dropped before it bound anybody is not found', async (t) => {
  const cases: readonly (readonly [string | undefined, Agreement])[] = [
    ['DRAFT', anAgreement()],
    ['AWAITING_SIGNATURE', inForce({ status: 'AWAITING_SIGNATURE', signatures: [] })],
    ['NOT_YET_EFFECTIVE', inForce({ versions: [aVersion({ status: 'APPROVED', effective_from: '2028-01-01' })] })],
    ['EXPIRED', inForce({ versions: [aVersion({ status: 'APPROVED', effective_to: '2027-01-31' })] })],
    [
      'SUSPENDED',
      inForce({ suspensions: [{ scope: 'AGREEMENT', party: null, flow: null, version: null, from: '2027-05-01T00:00:00Z', to: null }] }),
    ],
    ['RECORDED_ELSEWHERE', inForce({ origin: 'ELSEWHERE', signatures: [] })],
    ['TERMINATED', inForce({ terminated_at: '2027-05-01T00:00:00Z' })],
    [undefined, anAgreement({ status: 'WITHDRAWN' })],
    [undefined, anAgreement({ status: 'REJECTED' })],
  ]
  for (const [state, agreement] of cases) t.equal(ask(agreement)?.state, state, String(state))
})

t.test('who could join: a body asked about that is not in it, or has not signed; nobody once it is over', async (t) => {
  t.same(ask(inForce(), { parties: ['LBC_CAMDEN', 'LBC_BRENT'] })?.joinable_by, ['LBC_BRENT'])
  t.same(ask(inForce({ signatures: signedBy('LBC_CAMDEN') }))?.joinable_by, ['LBC_HACKNEY'])
  t.same(ask(inForce({ terminated_at: '2027-05-01T00:00:00Z' }), { parties: ['LBC_CAMDEN', 'LBC_BRENT'] })?.joinable_by, [])
})

t.test('categories match by code, by kind and by what is narrower', async (t) => {
  t.same(ask(inForce(), { categories: ['IDENTITY', 'CONTACT.ADDRESS', 'HEALTH'] as never })?.matched.categories, [
    'IDENTITY',
    'CONTACT.ADDRESS',
  ])
})

t.test('a record that holds no flows is found by its bodies, but counts less', async (t) => {
  const silent = inForce({ versions: [aVersion({ status: 'APPROVED' }, { flows: [] })] })
  t.ok((ask(silent)?.score ?? 1) < 0.8)
  t.equal(ask(silent, { parties: ['LBC_CAMDEN', 'LBC_BRENT'] }), undefined, 'one body alone says nothing')
})

t.test('nobody in common: not found; equal scores in the order of references', async (t) => {
  t.equal(ask(inForce(), { parties: ['LBC_BRENT'] }), undefined)
  t.same(
    overlaps([inForce({ id: 'B' }), inForce({ id: 'A' })], question, register.codes, Date.parse(AT)).map(({ agreement }) => agreement),
    ['A', 'B'],
  )
})
