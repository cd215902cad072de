import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { demoRegister } from '../../src/demo/register-content.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// Many questions in one call: one record, and each answer what it would be alone.

const service = await testService(t)
const headers = await service.as({ org: 'LBC_CAMDEN' })
const send = (payload: object, url = '/v1/decisions/batch') => service.inject({ method: 'POST', url, headers, payload })
type Row = Readonly<Record<string, unknown>>
const answersTo = async (evaluations: readonly object[], over: object = {}): Promise<Row[]> => {
  const reply = await send({ evaluations, ...over })
  t.equal(reply.statusCode, 200, reply.body)
  return reply.json().evaluations
}

t.test('a thousand questions are one record, answered in their order, each named by it and its index', async (t) => {
  const before = (await decisionLeaves(service)).length
  const found = await answersTo(
    Array.from({ length: 1000 }, (_, index) => (index % 5 === 0 ? DENIED_SHARE : SHARE)),
    { answers: 'COMPACT' },
  )
  t.strictSame(
    found.map(({ decision }) => decision),
    found.map((_, index) => (index % 5 === 0 ? 'DENY' : 'PERMIT')),
  )
  const leaves = (await decisionLeaves(service)).slice(before)
  t.equal(leaves.length, 1)
  t.match(leaves[0]?.leaf, { t: 'adl.access_evaluations', n: 1000, rc: ['DATA_NOT_COVERED'] })
  t.equal(found[999]?.['decision_id'], `${leaves[0]?.leaf.id}.999`)
  t.equal((await send({ evaluations: Array.from({ length: 1001 }, () => SHARE) })).statusCode, 400)
})

t.test('an answer in full is that of a single call; one in short says the same in codes', async (t) => {
  const [full] = await answersTo([DENIED_SHARE, SHARE])
  const alone = (await send(DENIED_SHARE, '/v1/decisions')).json()
  t.strictSame(Object.keys(full ?? {}), Object.keys(alone))
  t.strictSame(full?.['reasons'], alone.reasons)
  const [inShort] = await answersTo([DENIED_SHARE, SHARE], { answers: 'COMPACT' })
  t.match(inShort, { decision: 'DENY', reasons: ['DATA_NOT_COVERED'], expires_at: null })
  t.strictSame(Object.keys(inShort ?? {}).sort(), ['decision', 'decision_id', 'expires_at', 'reasons'])
})

t.test('the remedies of a short answer are not looked for, and its record says so', async (t) => {
  const [inShort] = await answersTo([DENIED_SHARE, SHARE], { answers: 'COMPACT' })
  const read = await service.inject({ method: 'GET', url: `/v1/decisions/${inShort?.['decision_id']}`, headers })
  t.equal(read.statusCode, 200, read.body)
  t.match(JSON.parse(read.json().record.payload).evaluations[0].response, { decision: 'DENY', remedies: null })
})

t.test('questions with equal organisations and different properties are answered as each alone, on one policy revision', async (t) => {
  const question = fc.record({
    ...Object.fromEntries(Object.entries(SHARE).map(([name, value]) => [name, fc.constant(value)])),
    recipient: fc.constantFrom('LBC_HACKNEY', 'LBC_BARNET', 'NOBODY'),
    data_items: fc.constantFrom(['IDENTITY.NAME'], ['HEALTH.DIAGNOSIS'], ['IDENTITY.NAME', 'X']),
    method: fc.constantFrom('API_MTLS', 'POST_TRACKED'),
    country: fc.constantFrom('GB', 'FR'),
  })
  const said = ({ decision, via, agreement, reasons }: Row) => ({ decision, via, agreement, reasons })
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 8 }), async (questions) => {
      const together = await answersTo(questions)
      const alone: Row[] = []
      for (const one of questions) alone.push((await send(one, '/v1/decisions')).json())
      t.strictSame(together.map(said), alone.map(said))
      t.equal(new Set(together.map(({ policy_revision }) => policy_revision)).size, 1)
    }),
    { numRuns: 8 },
  )
})

t.test('what does not fit refuses the call, names its place, and is one record without an answer', async (t) => {
  for (const [payload, status, pointer] of [
    [{ evaluations: [] }, 400, '/evaluations'],
    [{}, 400, '/evaluations'],
    [{ evaluations: [SHARE, { ...SHARE, mode: 'PERHAPS' }] }, 400, '/evaluations/1/mode'],
    [{ evaluations: [SHARE, { ...SHARE, extra: 1 }] }, 400, '/evaluations/1/extra'],
    [{ evaluations: [SHARE], answers: 'SHORT' }, 400, '/answers'],
    [{ evaluations: [SHARE, { ...SHARE, at: '2031-01-01T00:00:00Z' }] }, 400, '/evaluations/1/at'],
    [{ evaluations: [SHARE, { ...SHARE, mode: 'AD_HOC' }] }, 422, '/evaluations/1/mode'],
  ] as const) {
    const before = (await decisionLeaves(service)).length
    const reply = await send(payload)
    t.equal(reply.statusCode, status, pointer)
    t.match(reply.json().errors, [{ pointer }])
    t.match((await decisionLeaves(service)).slice(before), [{ leaf: { st: 'Error', n: 0 } }], pointer)
  }
})

t.test('a batch under which the policy moves is answered whole on one revision, as single questions on that revision are', async (t) => {
  const { db, policy } = service.app.services
  const agreement = demoRegister().agreements.find(({ agreement: { id } }) => id === 'DEMO-CURL')?.agreement
  if (!agreement) return t.fail('the agreement of the demo')
  let isTerminated = false
  /** What each revision answers: the agreement ends and stands again, turn by turn. */
  const answerOn = new Map<number, string>()
  const move = async () => {
    isTerminated = !isTerminated
    const body = { ...agreement, terminated_at: isTerminated ? '2020-01-01T00:00:00.000Z' : null }
    const revision = await withTransactionAs(db, { kind: 'system' }, (tx) =>
      policy.publish(tx, [{ kind: 'AGREEMENT', id: body.id, body }], new Date().toISOString()),
    )
    answerOn.set(revision, isTerminated ? 'DENY' : 'PERMIT')
  }
  answerOn.set(policy.current().revision, 'PERMIT')
  const questions = Array.from({ length: 200 }, (_, n) =>
    n % 3 === 0 ? { ...SHARE, data_items: ['CONTACT.ADDRESS'] } : { ...SHARE, correlation_id: `${n}` },
  )
  let isDone = false
  const moving = (async () => {
    while (!isDone) {
      await move()
      await pause(5)
    }
  })()
  const calls: Row[][] = []
  // On a fast machine five calls may all come between two moves.
  const isMoved = () => new Set(calls.map(([first]) => first?.['policy_revision'])).size > 1
  while (calls.length < 5 || !isMoved()) calls.push(await answersTo(questions, { answers: 'FULL' }))
  isDone = true
  await moving
  if (isTerminated) await move()
  const revisions = new Set<number>()
  for (const found of calls) {
    const revision = Number(found[0]?.['policy_revision'])
    revisions.add(revision)
    t.ok(
      found.every(({ policy_revision }) => policy_revision === revision),
      'one revision',
    )
    t.ok(
      found.every(({ decision }) => decision === answerOn.get(revision)),
      `all as revision ${revision} says`,
    )
  }
  t.ok(revisions.size > 1, `the policy moved: ${revisions.size} revisions answered`)
  for (const revision of [...revisions].slice(0, 3)) {
    const alone = (await send({ ...SHARE, as_of_revision: revision }, '/v1/decisions/simulate')).json()
    t.equal(alone.decision, answerOn.get(revision), 'a single question on that revision')
  }
})
