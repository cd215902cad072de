import t from 'tap'
import { mayAsk, mayKnow } from '../../../src/decisions/caller.ts'
import { anAgreement, aVersion, indexWith } from '../../support/builders/decision-world.ts'

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
