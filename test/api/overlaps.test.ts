import t from 'tap'
import { testService } from '../support/service.ts'

t.test('does a share already exist? Over HTTP: what the caller may know, best match first', async (t) => {
  // A day on which the agreements asked about are in force.
  const made = await testService(t, { clock: () => new Date('2026-11-22T12:00:00Z') })
  const ask = async (org: string, payload: object, roles: readonly ('IG_OFFICER' | 'AUDITOR' | 'REGISTER_ADMIN')[] = ['IG_OFFICER']) =>
    made.inject({ method: 'POST', url: '/v1/agreements/overlaps', headers: await made.as({ org, roles, clientId: null }), payload })
  const question = { parties: ['LBC_EALING', 'LBC_SUTTON'], purpose: 'SAFEGUARDING_CHILDREN.MASH', categories: ['SOCIAL_CARE'] }
  const ids = (reply: { json(): { overlaps: { agreement: string }[] } }) => reply.json().overlaps.map(({ agreement }) => agreement)

  const found = await ask('LBC_BRENT', question)
  t.equal(found.statusCode, 200, found.body)
  const mash = found.json().overlaps.find(({ agreement }: { agreement: string }) => agreement === 'DEMO-MASH')
  t.match(mash, {
    state: 'IN_FORCE',
    matched: { purposes: [{ code: 'SAFEGUARDING_CHILDREN', relation: 'BROADER' }], categories: ['SOCIAL_CARE'] },
  })
  t.same(mash.matched.parties, ['LBC_BRENT', 'LBC_EALING'], 'the caller is among those asked about')
  t.same(mash.joinable_by, ['LBC_SUTTON'])
  const scores = found.json().overlaps.map(({ score }: { score: number }) => score)
  t.same(
    scores,
    scores.toSorted((a: number, b: number) => b - a),
  )

  t.notOk(ids(await ask('LBC_SUTTON', question)).includes('DEMO-MASH'), 'a stranger does not learn that it exists')
  t.ok(ids(await ask('LBC_SUTTON', question, ['AUDITOR'])).includes('DEMO-MASH'), 'an auditor does')
  t.equal((await ask('LBC_BRENT', question, ['REGISTER_ADMIN'])).statusCode, 403)
  t.equal((await ask('LBC_BRENT', { parties: [] })).statusCode, 400)
  t.equal((await ask('LBC_BRENT', { parties: ['X'], more: 1 })).statusCode, 400, 'no unknown member')
})
