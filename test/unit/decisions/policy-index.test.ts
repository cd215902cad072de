import t from 'tap'
import { emptyPolicyIndex, type PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import { anAgreement, LISTS, ORGANISATIONS } from '../../support/builders/decision-world.ts'

t.test('a body that turns out to be of another type changes whom its agreements mean by all boroughs, and nothing else', async (t) => {
  const agreement = anAgreement()
  const head = (revision: number) => ({ revision, digest: String(revision), instant: 0 })
  const records: PolicyRecord[] = [
    { kind: 'CODE_LISTS', id: 'current', body: { version: 'first', lists: LISTS } },
    ...ORGANISATIONS.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
    { kind: 'AGREEMENT', id: agreement.id, body: agreement },
    { kind: 'AGREEMENT', id: 'OTHER', body: { ...agreement, id: 'OTHER' } },
  ]
  const index = emptyPolicyIndex().apply(records, head(1))
  const [one = '', other = ''] = agreement.parties.map(({ org }) => org)
  const found = ORGANISATIONS.find(({ code }) => code === one)
  t.ok(found)
  if (!found) return
  const idsOf = (next: typeof index) =>
    next
      .between(one, other)
      .map(({ id }) => id)
      .toSorted()
  const before = idsOf(index)
  const changed = index.apply([{ kind: 'ORGANISATION', id: one, body: { ...found, type: 'CHARITY' } }], head(2))
  t.strictSame(idsOf(changed), before)
  t.equal(before.length, 2)
  t.equal(changed.organisation(one)?.type, 'CHARITY')
})
