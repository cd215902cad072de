import t from 'tap'
import { mayAsk, mayKnow } from '../../../src/decisions/caller.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import {
  anAgreement,
  aParty,
  aRequest,
  aSuspension,
  aVersion,
  indexOf,
  indexWith,
  ORGANISATIONS,
} from '../../support/builders/decision-world.ts'

const agent = { org: 'CHARITY', for: 'NORTHBOROUGH', contract_ref: null, valid_from: '2026-03-01', valid_to: '2026-03-31' }
const agreement = anAgreement({ versions: [aVersion({ terms: { agents: [agent] } })] })
const index = indexWith([agreement])
const share = { provider: 'NORTHBOROUGH', recipient: 'SOUTHBOROUGH' }
const IN_MARCH = Date.parse('2026-03-15T12:00:00Z')
const compiled = index.between('NORTHBOROUGH', 'SOUTHBOROUGH')[0]

t.test('provider and recipient may ask; a stranger may not', async (t) => {
  t.ok(mayAsk('NORTHBOROUGH', share, IN_MARCH, index))
  t.ok(mayAsk('SOUTHBOROUGH', share, IN_MARCH, index))
  t.notOk(mayAsk('POLICE', share, IN_MARCH, index))
  t.notOk(mayAsk('NOBODY', share, IN_MARCH, index))
})

t.test('an agent may ask on the days of its contract, both included, in London', async (t) => {
  const at = (instant: string) => mayAsk('CHARITY', share, Date.parse(instant), index)
  t.notOk(at('2026-02-28T23:59:59.999Z'))
  t.ok(at('2026-03-01T00:00:00.000Z'))
  t.ok(at('2026-03-31T22:59:59.999Z'))
  t.notOk(at('2026-03-31T23:00:00.000Z'), 'summer time: April has begun')
})

t.test('an agent may ask about the shares of the party it acts for, in either direction and no other', async (t) => {
  t.ok(mayAsk('CHARITY', { provider: 'POLICE', recipient: 'NORTHBOROUGH' }, IN_MARCH, index))
  t.notOk(mayAsk('CHARITY', { provider: 'SOUTHBOROUGH', recipient: 'POLICE' }, IN_MARCH, index), 'it acts for the north only')
})

t.test('an agent whose own organisation has ceased to exist asks for nobody', async (t) => {
  const organisations = ORGANISATIONS.map((known) =>
    known.code === 'CHARITY' ? { ...known, active_to: '2026-03-15T12:00:00.000Z' } : known,
  )
  const ended = indexOf({ organisations, agreements: [agreement], disclosures: [] })
  t.ok(mayAsk('CHARITY', share, IN_MARCH - 1, ended))
  t.notOk(mayAsk('CHARITY', share, IN_MARCH, ended))
})

t.test('an agent that asks must be listed in the agreement that permits, whether the request names it or not', async (t) => {
  const request = (over: Partial<DecisionRequest> = {}) => evaluate(aRequest({ calling_agent: 'CHARITY', ...over }), IN_MARCH, index)
  t.match(request(), { decision: 'PERMIT' }, 'it is the agent of the north there')
  t.match(request({ provider_agent: 'CHARITY' }), { decision: 'PERMIT' })
  const elsewhere = indexWith([anAgreement({ versions: [aVersion()] })])
  for (const named of [null, 'CHARITY']) {
    const outcome = evaluate(aRequest({ calling_agent: 'CHARITY', provider_agent: named }), IN_MARCH, elsewhere)
    t.match(outcome, { decision: 'DENY', reasons: [{ code: 'PROCESSOR_NOT_AUTHORISED', items: ['CHARITY'] }] })
    t.equal(outcome.decision === 'DENY' && outcome.reasons.length, 1, 'said once')
  }
})

t.test('an agreement is known to its parties, left or not, and to agents under the version that governs', async (t) => {
  if (!compiled) throw new Error('the agreement is in the index')
  t.ok(mayKnow('SOUTHBOROUGH', compiled, IN_MARCH))
  t.ok(mayKnow('CHARITY', compiled, IN_MARCH))
  t.notOk(mayKnow('CHARITY', compiled, Date.parse('2026-05-01T00:00:00Z')))
  t.notOk(mayKnow('POLICE', compiled, IN_MARCH))
  const later = anAgreement({
    versions: [aVersion({ terms: { agents: [agent] } }), aVersion({ version: 2, effective_from: '2026-03-10', terms: { agents: [] } })],
  })
  const [second] = indexWith([later]).between('NORTHBOROUGH', 'SOUTHBOROUGH')
  if (!second) throw new Error('the agreement is in the index')
  t.ok(mayKnow('CHARITY', second, Date.parse('2026-03-05T12:00:00Z')), 'under the first version')
  t.notOk(mayKnow('CHARITY', second, IN_MARCH), 'the second no longer lists it')
})

t.test('only a version in force that the party itself has signed makes somebody its agent', async (t) => {
  const versions = [aVersion({ terms: { agents: [agent] } })]
  const signed = { version: 1, signed_at: '2026-03-10T12:00:00.000Z' }
  const cases: readonly [string, boolean, Partial<Parameters<typeof anAgreement>[0]>][] = [
    ['signed and in force', true, { versions }],
    ['frozen and signed by nobody', false, { versions, signatures: [] }],
    ['signed by the other party only', false, { versions, signatures: [{ org: 'SOUTHBOROUGH', ...signed }] }],
    ['signed by the party it acts for, pair by pair', true, { versions, signatures: [{ org: 'NORTHBOROUGH', ...signed }] }],
    ['signed later', false, { versions, signatures: [{ org: 'NORTHBOROUGH', version: 1, signed_at: '2026-03-15T12:00:00.001Z' }] }],
    ['begins tomorrow', false, { versions: [aVersion({ effective_from: '2026-03-16', terms: { agents: [agent] } })] }],
    ['ended yesterday', false, { versions: [aVersion({ effective_to: '2026-03-14', terms: { agents: [agent] } })] }],
    ['terminated at this instant', false, { versions, terminated_at: '2026-03-15T12:00:00.000Z' }],
    ['suspended', true, { versions, suspensions: [aSuspension({ from: '2026-03-01T00:00:00.000Z' })] }],
    [
      'the party has left',
      false,
      { versions, parties: [aParty('NORTHBOROUGH', { left_at: '2026-03-15T12:00:00.000Z' }), aParty('SOUTHBOROUGH')] },
    ],
    [
      'all must sign and one has not',
      false,
      {
        versions: [aVersion({ terms: { agents: [agent], commencement: { rule: 'ALL_SIGNED' } } })],
        signatures: [{ org: 'NORTHBOROUGH', ...signed }],
      },
    ],
    ['its approvals are not complete', false, { versions, approvals: [{ org: 'NORTHBOROUGH', version: 1, complete_at: null }] }],
    ['it names a body that is no party', false, { versions: [aVersion({ terms: { agents: [{ ...agent, for: 'POLICE' }] } })] }],
  ]
  for (const [title, expected, over] of cases) {
    const register = indexWith([anAgreement(over)])
    const party = title === 'it names a body that is no party' ? 'POLICE' : 'NORTHBOROUGH'
    t.equal(mayAsk('CHARITY', { provider: party, recipient: 'SOUTHBOROUGH' }, IN_MARCH, register), expected, title)
    const [known] = register.between('NORTHBOROUGH', 'SOUTHBOROUGH')
    t.equal(known && mayKnow('CHARITY', known, IN_MARCH), expected, `${title}: what it may know follows`)
  }
})
