import t from 'tap'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { aFlow, anAgreement, aParty, aRequest, aVersion, indexWith } from '../../support/builders/decision-world.ts'
import { AT, aDpia, kindsOf, one, oneFlow, refusedFor } from '../../support/builders/refusal.ts'

// Where several things are wrong at once, also things that show only after another is put right, the remedy names them all.

const UNCOVERED = { data_items: ['NAME', 'INCOME'] }

t.test('what shows only once an item is left out is remedied too', async (t) => {
  for (const [over, change] of [
    [{ country: 'FR' }, 'USE_COUNTRY'],
    [{ method: 'SFTP' }, 'USE_METHOD'],
    [{ lawful_basis: '6(1)(a)' }, 'CORRECT_BASIS'],
  ] as const) {
    const { codes, found } = refusedFor(aRequest({ ...UNCOVERED, ...over }), {})
    t.strictSame(codes, ['DATA_NOT_COVERED'], 'the other fault is not among the reasons')
    t.strictSame(kindsOf(found), [`NARROW_REQUEST+${change}`, `AMEND_FLOW+${change}`], change)
  }
  const people = refusedFor(aRequest({ data_subjects: ['LANDLORD'], country: 'FR' }), {})
  t.strictSame(kindsOf(people.found), ['AMEND_FLOW+USE_COUNTRY'])
})

t.test('what is offered is true: the request changed in every way that the remedy says is permitted, in fewer it is not', async (t) => {
  const request = aRequest({ ...UNCOVERED, country: 'FR', method: 'SFTP' })
  const index = indexWith([anAgreement()])
  const [remedy] = refusedFor(request, {}).found
  const follow = {
    NARROW_REQUEST: { data_items: ['NAME'] },
    USE_COUNTRY: { country: 'GB' },
    USE_METHOD: { method: 'SECURE_EMAIL' },
  } as const
  const kinds = (remedy?.changes ?? []).map(({ kind }) => kind as keyof typeof follow)
  t.strictSame(kinds.toSorted(), Object.keys(follow).toSorted())
  const followed = (some: readonly (keyof typeof follow)[]) =>
    evaluate(Object.assign({}, request, ...some.map((kind) => follow[kind])), AT, index).decision
  t.equal(followed(kinds), 'PERMIT')
  for (const left of kinds) t.equal(followed(kinds.filter((kind) => kind !== left)), 'DENY', `${left} is needed`)
})

t.test('items may have to be left out for two reasons, the second seen after the first', async (t) => {
  const { found } = refusedFor(aRequest({ data_items: ['NAME', 'INCOME', 'HEALTH.DIAGNOSIS'] }), one({ apd: [] }))
  t.ok(kindsOf(found).includes('NARROW_REQUEST+NARROW_REQUEST'), kindsOf(found).join())
})

t.test('naming the agreement takes no remedy away', async (t) => {
  const overdue = one({
    versions: [aVersion({ effective_to: '2026-02-01' })],
    review_due: '2026-02-01',
    dpia: aDpia({ review_due: '2026-02-01' }),
  })
  const without = refusedFor(aRequest(), overdue)
  t.strictSame(without.codes, ['EXPIRED', 'REVIEW_OVERDUE', 'DPIA_REVIEW_OVERDUE'])
  t.strictSame(kindsOf(without.found), ['RENEW+REVIEW+REVIEW_DPIA'])
  t.strictSame(refusedFor(aRequest({ agreement_ref: 'AGR-1' }), overdue).found, without.found)
})

t.test('of a nearer agreement that the caller may not know nothing is told on the way', async (t) => {
  const suspended = {
    suspensions: [{ scope: 'AGREEMENT', party: null, flow: null, version: null, from: '2026-01-05T00:00:00Z', to: null }],
  } as const
  const known = anAgreement({ id: 'AGR-1', ...suspended, dpia: aDpia({ status: 'DRAFT' }) })
  const hidden = anAgreement({
    id: 'AGR-2',
    ...suspended,
    versions: [aVersion({ terms: { flows: [aFlow({ data_items: ['NAME', 'INCOME'] })] } })],
  })
  const { found } = refusedFor(
    aRequest({ agreement_ref: 'AGR-1' }),
    { agreements: [known, hidden] },
    { mayKnow: ({ id }) => id === 'AGR-1' },
  )
  t.strictSame(kindsOf(found), ['LIFT_SUSPENSION+APPROVE_DPIA'])
})

t.test('of the recorded bases only those are offered that would be permitted if they were asserted', async (t) => {
  const legal = aFlow().legal
  const three = oneFlow({ legal: { ...legal, provider: { ...legal.provider, art6: ['6(1)(e)', '6(1)(f)', '6(1)(a)'] } } })
  const { found } = refusedFor(aRequest({ lawful_basis: '6(1)(c)' }), three)
  t.match(found, [{ changes: [{ kind: 'CORRECT_BASIS', values: ['6(1)(e)'], text: 'Assert a recorded basis (6(1)(e)), or none.' }] }])
  t.strictSame(found[0]?.changes[0]?.values, ['6(1)(e)'], 'not (f), which is closed to a public authority, nor (a) without consent')
})

t.test(
  'a flow more is offered where the agreement has none for the purpose or the direction, if the recorded law carries it',
  async (t) => {
    const purpose = refusedFor(aRequest({ purpose: 'FRAUD' }), {})
    t.strictSame([purpose.codes, kindsOf(purpose.found)], [['PURPOSE_NOT_COVERED'], ['ADD_FLOW']])
    const back = refusedFor(aRequest({ provider: 'SOUTHBOROUGH', recipient: 'NORTHBOROUGH' }), {})
    t.strictSame([back.codes, kindsOf(back.found)], [['FLOW_DIRECTION_NOT_COVERED'], ['ADD_FLOW']])
    const legal = aFlow().legal
    const forChildren = oneFlow({ legal: { ...legal, provider: { ...legal.provider, gateways: ['LAW_FOR_CHILDREN'] } } })
    t.strictSame(refusedFor(aRequest({ purpose: 'FRAUD' }), forChildren).found, [], 'the law of the flow is for another purpose')
    const toProcessor = oneFlow({ legal: { ...legal, recipient: null } })
    t.strictSame(
      refusedFor(aRequest({ provider: 'SOUTHBOROUGH', recipient: 'NORTHBOROUGH' }), toProcessor).found,
      [],
      'no law is recorded for it',
    )
    const third = one({ parties: ['NORTHBOROUGH', 'SOUTHBOROUGH', 'CHARITY'].map((org) => aParty(org)) })
    t.strictSame(kindsOf(refusedFor(aRequest({ recipient: 'CHARITY' }), third).found), ['ADD_FLOW'], 'a party that the flow does not name')
  },
)

t.test('a flow that is added may need more, and is told with it', async (t) => {
  t.strictSame(kindsOf(refusedFor(aRequest({ purpose: 'FRAUD', method: 'SFTP' }), {}).found), ['ADD_FLOW+USE_METHOD'])
})

t.test('of several agreements between the two the one is amended whose law carries the flow, if the caller may know it', async (t) => {
  const elsewhere = aFlow({ providers: ['CHARITY'], recipients: ['POLICE'] })
  const parties = ['NORTHBOROUGH', 'SOUTHBOROUGH', 'CHARITY', 'POLICE'].map((org) => aParty(org))
  const nearest = anAgreement({
    id: 'AGR-2',
    parties,
    versions: [aVersion({ effective_from: '2026-02-01', terms: { flows: [elsewhere] } })],
  })
  const agreements = [anAgreement(), nearest]
  const back = aRequest({ provider: 'SOUTHBOROUGH', recipient: 'NORTHBOROUGH' })
  t.match(refusedFor(back, { agreements }).found, [{ changes: [{ kind: 'ADD_FLOW', text: /^Amend AGR-1: add a flow F2 like F1 / }] }])
  t.strictSame(refusedFor(back, { agreements }, { mayKnow: ({ id }) => id === 'AGR-2' }).found, [])
  t.strictSame(refusedFor({ ...back, agreement_ref: 'AGR-2' }, { agreements }).found, [], 'who names one asks about that one')
})
