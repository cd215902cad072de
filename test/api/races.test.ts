import t, { type Test } from 'tap'
import { agreementDesk, type Desk } from '../support/agreement-desk.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const
const ROUNDS = 5

/** After a race: one leaf an act, counted without gaps, and as many recorded refusals as replies that refused. */
async function checkLog(t: Test, desk: Desk, id: string, refusals: number): Promise<void> {
  const leaves = await desk.leaves(id)
  const done = leaves.filter(({ refused }) => !refused)
  t.strictSame(
    done.map(({ cseq }) => cseq),
    done.map((_leaf, index) => index + 1),
    'cseq counts without gaps',
  )
  t.equal(leaves.length - done.length, refusals, 'every refusal is recorded')
  const history = await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/history?limit=200`)
  t.strictSame(
    history.body.acts.map(({ act }: { act: string }) => act),
    done.map(({ act }) => act),
    'history and log tell the same',
  )
}

t.test('races on real connections', async (t) => {
  const desk = await agreementDesk(t)
  const frozen = async () => {
    const agreement = await desk.draft({ effectiveFrom: '2026-11-22' })
    return { agreement, id: agreement.id, hash: (await desk.freeze(agreement)).hash }
  }

  await t.test('five people sign at once for one party: one signature, four refusals', async (t) => {
    const { id, hash } = await frozen()
    const replies = await Promise.all([1, 2, 3, 4, 5].map((n) => desk.sign(id, CAMDEN, 1, hash, { sub: `signatory-${n}` })))
    t.strictSame(replies.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409])
    await checkLog(t, desk, id, 4)
  })

  await t.test('both parties sign at once: both are bound, and the agreement is active once', async (t) => {
    const { id, hash } = await frozen()
    const replies = await Promise.all([CAMDEN, HACKNEY].map((org) => desk.sign(id, org, 1, hash)))
    t.strictSame(
      replies.map(({ status }) => status),
      [201, 201],
    )
    t.strictSame(replies.map(({ body }) => body.commenced).toSorted(), [false, true])
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
    await checkLog(t, desk, id, 0)
  })

  await t.test('two suspensions at once both hold, and lifting one leaves the other', async (t) => {
    const { id, hash } = await frozen()
    for (const org of [CAMDEN, HACKNEY]) await desk.sign(id, org, 1, hash)
    const suspend = (org: string) =>
      desk.call({ org, role: 'DPO' }, 'POST', `/v1/agreements/${id}/suspensions`, { scope: 'AGREEMENT', reason: 'Breach' })
    const replies = await Promise.all([CAMDEN, HACKNEY].map(suspend))
    t.strictSame(
      replies.map(({ status }) => status),
      [201, 201],
    )
    const lift = async (suspension: string) => {
      for (const org of [CAMDEN, HACKNEY]) {
        await desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/suspensions/${suspension}/lift`, { reason: 'Put right' })
      }
    }
    await lift(replies[0]?.body.suspension.id)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'DENY SUSPENDED')
    await lift(replies[1]?.body.suspension.id)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
    await checkLog(t, desk, id, 0)
  })

  await t.test('one suspension is lifted by the two it takes at once: both count, and it ends once', async (t) => {
    const { id, hash } = await frozen()
    for (const org of [CAMDEN, HACKNEY]) await desk.sign(id, org, 1, hash)
    const { body } = await desk.call({ org: CAMDEN, role: 'DPO' }, 'POST', `/v1/agreements/${id}/suspensions`, {
      scope: 'AGREEMENT',
      reason: 'Breach',
    })
    const lift = (org: string) =>
      desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/suspensions/${body.suspension.id}/lift`, { reason: 'Put right' })
    const replies = await Promise.all([CAMDEN, HACKNEY].map(lift))
    t.strictSame(
      replies.map(({ status }) => status),
      [200, 200],
    )
    t.equal(replies.filter(({ body: { suspension } }) => suspension.to !== null).length, 1)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { agreement_ref: id }), 'PERMIT')
    await checkLog(t, desk, id, 0)
  })

  await t.test(
    'a signature races the freeze of an amendment that replaces its version: never a signature on what is superseded',
    async (t) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const agreement = await desk.draft({ effectiveFrom: '2027-01-01' })
        const { id } = agreement
        const { hash } = await desk.freeze(agreement)
        const body = { reason: 'A change', effective_from: '2026-12-01' }
        await desk.call(OFFICER, 'POST', `/v1/agreements/${id}/amendments`, body, { 'if-match': '*' })
        const [signed, amended] = await Promise.all([
          desk.sign(id, HACKNEY, 1, hash),
          desk.call(OFFICER, 'POST', `/v1/agreements/${id}/freeze`, undefined, { 'if-match': '*' }),
        ])
        t.equal(amended.status, 200)
        const acts = (await desk.leaves(id)).filter(({ refused }) => !refused).map(({ act }) => act)
        t.equal(signed.status, acts.indexOf('sign') === acts.length - 2 ? 201 : 409, `signed ${signed.status} in ${acts.join()}`)
        await checkLog(t, desk, id, signed.status === 201 ? 0 : 1)
      }
    },
  )

  await t.test('a signature races the termination: whichever comes second is refused or ends it all', async (t) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const orgs = [CAMDEN, HACKNEY, 'LBC_ISLINGTON']
      const agreement = await desk.draft({ orgs, effectiveFrom: '2026-11-22' })
      const { id } = agreement
      const { hash } = await desk.freeze(agreement)
      for (const org of orgs.slice(0, 2)) await desk.sign(id, org, 1, hash)
      const [signed, ended] = await Promise.all([
        desk.sign(id, 'LBC_ISLINGTON', 1, hash),
        desk.call({ org: CAMDEN, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/termination`, { reason: 'Over' }, { 'if-match': '*' }),
      ])
      t.equal(ended.status, 200)
      t.ok(signed.status === 201 || signed.status === 409, String(signed.status))
      t.equal(
        await desk.ask(CAMDEN, 'LBC_ISLINGTON', { agreement_ref: id }),
        signed.status === 201 ? 'DENY TERMINATED' : 'DENY TERMINATED PARTY_NOT_SIGNED',
      )
      await checkLog(t, desk, id, signed.status === 201 ? 0 : 1)
    }
  })

  await t.test('one key sent five times at once does its work once and gets one answer', async (t) => {
    const { id, hash } = await frozen()
    await desk.sign(id, CAMDEN, 1, hash)
    const suspend = () =>
      desk.call(
        { org: CAMDEN, role: 'DPO' },
        'POST',
        `/v1/agreements/${id}/suspensions`,
        { scope: 'AGREEMENT', reason: 'Breach' },
        { 'idempotency-key': `key-${id}` },
      )
    const replies = await Promise.all([1, 2, 3, 4, 5].map(suspend))
    t.strictSame([...new Set(replies.map(({ status }) => status))], [201])
    t.equal(new Set(replies.map(({ body }) => body.suspension.id)).size, 1)
    await checkLog(t, desk, id, 0)
  })
})
