import t from 'tap'
import { ACT_RULES, type ActRule } from '../../../src/agreements/model/standing-acts.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { isRole, permits } from '../../../src/identity/permissions.ts'
import { aParty, aRequest, aSuspension, aVersion, indexWith } from '../../support/builders/decision-world.ts'
import { AT, aDpia, kindsOf, one, refusedFor } from '../../support/builders/refusal.ts'

// A remedy is offered only to be done by somebody who may, and only where there is still something to do.

const day = (text: string) => Date.parse(`${text}T12:00:00Z`)
const THREE = ['NORTHBOROUGH', 'SOUTHBOROUGH', 'CHARITY']
const GONE = { left_at: '2026-02-01T00:00:00Z' }
const signed = (...orgs: string[]) => orgs.map((org) => ({ org, version: 1, signed_at: '2025-12-31T12:00:00Z' }))
const signers = ({ found }: ReturnType<typeof refusedFor>) => found.map(({ changes }) => changes.map(({ organisations }) => organisations))

t.test('nobody is asked to sign who has left: where all must sign, nothing helps', async (t) => {
  const versions = [aVersion({ terms: { commencement: { rule: 'ALL_SIGNED' } } })]
  const parties = THREE.map((org) => aParty(org, org === 'CHARITY' ? GONE : {}))
  const all = refusedFor(aRequest(), one({ versions, parties, signatures: signed('NORTHBOROUGH') }))
  t.strictSame([all.codes, all.found], [['PARTY_NOT_SIGNED'], []])
})

t.test('where a number must sign, those are named who still can', async (t) => {
  const versions = [aVersion({ terms: { commencement: { rule: 'THRESHOLD', n: 3 } } })]
  const signatures = signed('NORTHBOROUGH', 'SOUTHBOROUGH')
  const four = (over: object) =>
    one({ versions, signatures, parties: [...THREE, 'POLICE'].map((org) => aParty(org, org === 'CHARITY' ? GONE : over)) })
  t.strictSame(signers(refusedFor(aRequest(), four({}))), [[['POLICE']]])
  const three = one({ versions, signatures, parties: THREE.map((org) => aParty(org, org === 'CHARITY' ? GONE : {})) })
  t.strictSame(refusedFor(aRequest(), three).found, [], 'nobody is left who could')
  const none = refusedFor(aRequest(), one({ versions, signatures: [], parties: THREE.map((org) => aParty(org)) }))
  t.strictSame(none.codes, ['PARTY_NOT_SIGNED', 'COMMENCEMENT_NOT_MET'])
  t.strictSame(signers(none), [[THREE]], 'one round of signatures answers both')
})

t.test('about the past it is said what was needed then, and from which instant the answer is another', async (t) => {
  const asked = { at: day('2026-01-10'), askedAt: AT }
  const since = [...signed('NORTHBOROUGH'), { org: 'SOUTHBOROUGH', version: 1, signed_at: '2026-01-20T09:00:00.000Z' }]
  const late = one({ signatures: since })
  const { codes, found } = refusedFor(aRequest(), late, asked)
  t.strictSame(codes, ['PARTY_NOT_SIGNED'])
  t.match(found[0], { changes: [{ kind: 'WAIT', text: 'Ask for an instant from 2026-01-20T09:00:00.000Z on.' }] })
  t.match(found[1], { changes: [{ kind: 'SIGN', text: /^Was needed at that time: / }] })
  t.equal(evaluate(aRequest(), Date.parse(found[0]?.changes[0]?.values[0] ?? ''), indexWith(late.agreements)).decision, 'PERMIT')
  const moment = { at: AT - 59_000, askedAt: AT }
  t.notMatch(JSON.stringify(refusedFor(aRequest(), one({ signatures: [] }), moment).found), /at that time/, 'a moment ago is now')
  for (const over of [
    { suspensions: [aSuspension({ from: '2026-01-05T00:00:00Z' })] },
    { versions: [aVersion({ effective_to: '2026-01-05' })] },
    { review_due: '2026-01-05' },
    { dpia: aDpia({ status: 'DRAFT' }) },
  ]) {
    const texts = (given: object) => refusedFor(aRequest(), one(over), given).found.map(({ changes }) => changes[0]?.text ?? '')
    t.ok(texts(asked).length === 1 && texts(asked).every((text) => text.startsWith('Was needed at that time: ')))
    t.ok(texts({}).length === 1 && texts({}).every((text) => !text.startsWith('Was needed')), 'today somebody can do it')
  }
  t.equal(kindsOf(refusedFor(aRequest({ method: 'SFTP' }), late, asked).found)[0], 'WAIT+USE_METHOD')
  t.equal(kindsOf(refusedFor(aRequest({ data_items: ['NAME', 'INCOME'] }), {}, asked).found)[0], 'NARROW_REQUEST')
})

t.test('where it is known when a fault ends, waiting is offered beside ending it', async (t) => {
  const until = one({ suspensions: [aSuspension({ from: '2026-01-05T00:00:00Z', to: '2026-03-20T10:00:00.000Z' })] })
  const { found } = refusedFor(aRequest(), until)
  t.strictSame(kindsOf(found), ['WAIT', 'LIFT_SUSPENSION'])
  t.equal(found[0]?.changes[0]?.text, 'Ask again from 2026-03-20T10:00:00.000Z on.')
  const next = one({ versions: [aVersion({ effective_to: '2026-02-28' }), aVersion({ version: 2, effective_from: '2026-04-01' })] })
  t.match(refusedFor(aRequest(), next).found, [{ changes: [{ kind: 'WAIT', values: ['2026-04-01'] }] }, { changes: [{ kind: 'RENEW' }] }])
})

t.test('changes of the text are addressed to the organisation that keeps it, and each to a role that may do it', async (t) => {
  const act = {
    RENEW: 'renew',
    REVIEW: 'confirm_review',
    AMEND_FLOW: 'amend',
    ADD_FLOW: 'amend',
    LIST_AGENT: 'amend',
    COMPLETE_ARRANGEMENT: 'amend',
    SIGN: 'sign',
    LIFT_SUSPENSION: 'lift',
  } as const
  const owner_org = 'NORTHBOROUGH'
  const suspensions = [aSuspension({ from: '2026-01-05T00:00:00Z', scope: 'PARTY', party: 'SOUTHBOROUGH' })]
  const refusals = [
    refusedFor(aRequest(), one({ owner_org, versions: [aVersion({ effective_to: '2026-02-01' })] })),
    refusedFor(aRequest(), one({ owner_org, review_due: '2026-02-01' })),
    refusedFor(aRequest({ data_items: ['INCOME'] }), one({ owner_org })),
    refusedFor(aRequest({ purpose: 'FRAUD' }), one({ owner_org })),
    refusedFor(aRequest({ provider_agent: 'CHARITY' }), one({ owner_org })),
    refusedFor(aRequest(), one({ owner_org, instrument_type: 'JOINT_CONTROLLER' })),
    refusedFor(aRequest(), one({ owner_org, signatures: signed('NORTHBOROUGH') })),
    refusedFor(aRequest(), one({ owner_org, suspensions })),
  ]
  const changes = refusals.flatMap(({ found }) => found.flatMap((remedy) => remedy.changes))
  t.strictSame(new Set(changes.map(({ kind }) => kind)), new Set(Object.keys(act)))
  for (const { kind, by, organisations } of changes) {
    const { permission, by: rights }: ActRule = ACT_RULES[act[kind as keyof typeof act]]
    t.ok(isRole(by) && permits([by], permission), `${kind}: ${by} carries ${permission}`)
    if (rights.includes('KEEPER')) t.strictSame(organisations, [owner_org], `${kind}: only the owner may`)
    else t.strictSame(organisations, ['SOUTHBOROUGH'], `${kind}: the party it is about`)
  }
  const dpia = refusedFor(aRequest(), one({ owner_org, dpia: aDpia({ status: 'DRAFT' }) }))
  t.strictSame(dpia.found[0]?.changes[0]?.organisations, [owner_org], 'the assessment is recorded by the owner')
})

t.test('who has not signed a text that has ended signs the one that renews it', async (t) => {
  const ended = one({ versions: [aVersion({ effective_to: '2026-02-01' })], signatures: signed('NORTHBOROUGH') })
  const { codes, found } = refusedFor(aRequest(), ended)
  t.strictSame(codes, ['EXPIRED', 'PARTY_NOT_SIGNED'])
  t.strictSame(kindsOf(found), ['RENEW'])
})
