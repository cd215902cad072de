import t from 'tap'
import { evaluate, type Outcome } from '../../src/decisions/evaluation/evaluate.ts'
import { oneOffUse } from '../../src/decisions/one-off.service.ts'
import { policyService } from '../../src/decisions/policy/policy.service.ts'
import type { PolicyIndex, PolicyRecord } from '../../src/decisions/policy/policy-index.ts'
import { disclosuresService } from '../../src/disclosures/disclosures.service.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { systemClock } from '../../src/platform/kernel/clock.ts'
import { aDisclosureDecision, anAgreement, aRequest, LISTS, ORGANISATIONS } from '../support/builders/decision-world.ts'
import { testDatabase } from '../support/database.ts'
import { anEntry } from '../support/log-entries.ts'
import { loseActsAfter } from '../support/lost-acts.ts'
import { ownLog } from '../support/own-log.ts'

// A database that lost acts and was brought forward by others, under a process that hears of nothing: what it remembers under
// a number is never taken for what has that number now.

const database = await testDatabase(t)
const { db } = database
const { pool: root } = await database.openAs('session_user', 3)
const publish = (...records: readonly PolicyRecord[]) =>
  withTransaction(db, (tx) => policyService(db).publish(tx, records, '2026-05-01T00:00:00Z'))

const agreement = anAgreement()
const asRecord = (over: object = {}): PolicyRecord => ({ kind: 'AGREEMENT', id: agreement.id, body: { ...agreement, ...over } })
const ended = () => publish(asRecord({ terminated_at: '2026-06-01T00:00:00Z' }))
const renamed = () => publish(asRecord({ title: 'Renamed' }))
const at = Date.parse('2026-07-01T12:00:00Z')
const decisionOn = (index: PolicyIndex | undefined) => index && evaluate(aRequest(), at, index).decision

const once = aDisclosureDecision({ id: 'ONCE' })
const recorded = (over: object = {}): PolicyRecord => ({ kind: 'DISCLOSURE_DECISION', id: once.id, body: { ...once, ...over } })

await publish({ kind: 'CODE_LISTS', id: 'current', body: { version: 'first', lists: LISTS } })
await publish(...ORGANISATIONS.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })))
const base = await publish(asRecord(), recorded())

/** A process that knows of everything published so far. */
async function process() {
  const policy = policyService(db)
  await policy.refresh()
  return policy
}

t.afterEach(() => loseActsAfter(root, base))

t.test('what was lost is forgotten with the next look, whether the database stands behind it, at it or beyond it', async (t) => {
  for (const more of [0, 1, 2]) {
    await renamed()
    const policy = await process()
    const remembered = policy.current().head
    await loseActsAfter(root, base)
    for (let n = 0; n < more; n++) await ended()
    await policy.refresh()
    const fresh = await process()
    t.strictSame(policy.current().head, fresh.current().head, `${more} acts since`)
    t.equal(decisionOn(policy.current()), more === 0 ? 'PERMIT' : 'DENY')
    t.not(policy.current().head.digest, remembered.digest)
    t.equal(policy.current().between('NORTHBOROUGH', 'SOUTHBOROUGH').length, 1, 'and everything else is there')
    t.equal(policy.losses(), 1, 'it is known that acts were lost')
    await policy.refresh()
    t.equal(policy.losses(), 1)
    await loseActsAfter(root, base)
  }
})

t.test('what was announced and lost is not waited for', async (t) => {
  const policy = await process()
  policy.announce(base + 3)
  t.equal(policy.freshness().behind, 3)
  await policy.refresh()
  t.equal(policy.freshness().behind, 0)
})

t.test('a process whose history is not that of the database is not ready, and makes it its own by itself', async (t) => {
  await renamed()
  const policy = await process()
  t.equal(await policy.isReady(), true)
  await loseActsAfter(root, base)
  await ended()
  t.equal(await policy.isReady(), false, 'although the number is the same')
  // It has begun to load by then, and this shares or follows that load.
  await policy.refresh()
  t.equal(await policy.isReady(), true)
  t.equal(decisionOn(policy.current()), 'DENY')
})

t.test('a past revision that was kept is not shown for the one that has its number now', async (t) => {
  await renamed()
  const policy = await process()
  t.equal(decisionOn(await policy.at(base + 1)), 'PERMIT')
  await loseActsAfter(root, base)
  t.equal(await policy.at(base + 1), undefined)
  await ended()
  t.equal(decisionOn(await policy.at(base + 1)), 'DENY')
})

t.test('who goes through many revisions goes on from none that was lost', async (t) => {
  await publish({ kind: 'AGREEMENT', id: 'AGR-LOST', body: { ...agreement, id: 'AGR-LOST' } })
  const next = policyService(db).forward()
  t.equal((await next(base + 1))?.between('NORTHBOROUGH', 'SOUTHBOROUGH').length, 2)
  await loseActsAfter(root, base)
  await renamed()
  await renamed()
  const reached = await next(base + 2)
  t.equal(reached?.between('NORTHBOROUGH', 'SOUTHBOROUGH').length, 1)
  t.equal(decisionOn(reached), 'PERMIT')
})

t.test('a one-off permission that was withdrawn is not used on a revision that was lost', async (t) => {
  await withTransaction(db, (tx) => disclosuresService().store(tx, [once]))
  await renamed()
  const policy = await process()
  const log = { revision: () => policy.current().head, refresh: () => policy.refresh() }
  const { audit } = await ownLog(t, { on: database, policy: log })
  const use = oneOffUse({ db, audit, policy, disclosures: disclosuresService(), clock: systemClock })
  await loseActsAfter(root, base)
  await publish(recorded({ status: 'REFUSED' }))
  t.equal(policy.current().disclosureDecision('ONCE')?.isApproved, true, 'as this process remembers it')
  const { value } = await use(() => {
    const oneOff = policy.current().disclosureDecision('ONCE')
    const outcome = oneOff?.isApproved ? { decision: 'PERMIT', via: 'AD_HOC', oneOff } : { decision: 'DENY' }
    return { entry: anEntry(), value: { evaluations: [{ outcome: outcome as Outcome }] } }
  })
  t.equal(value.evaluations[0]?.outcome.decision, 'DENY')
  const { rows } = await root.query(`select consumed_at from disclosure_decision where id = 'ONCE'`)
  t.strictSame(rows, [{ consumed_at: null }], 'nor is it used up')
})
