import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { agreementDesk, type Desk, type Person } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'
import { startNode } from '../support/nodes.ts'
import { PDF, PNG } from '../support/sample-files.ts'
import { trustIn } from '../support/service.ts'

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const officer = (org: string, sub?: string): Person => ({ org, role: 'IG_OFFICER', ...(sub ? { sub } : {}) })
const siro = (org: string): Person => ({ org, role: 'SIRO' })

/** What people do with signatures that were given elsewhere. */
function attesting(desk: Desk) {
  const { service, call } = desk
  const send = async ({ org, role, sub = `urn:test:${org}:${role}` }: Person, payload = PDF, type = 'application/pdf') => {
    const headers = { ...(await service.as({ org, roles: [role], sub })), 'content-type': type }
    const reply = await service.inject({ method: 'POST', url: '/v1/files?name=page', headers, payload })
    if (reply.statusCode !== 201) throw new Error(reply.body)
    return String(reply.json().id)
  }
  return {
    send,
    async state(person: Person, id: string, hash: string, over: Readonly<Record<string, unknown>> = {}) {
      const evidence = [await send(person)]
      return call(person, 'POST', `/v1/agreements/${id}/signature-statements`, {
        ...{ org: HACKNEY, version: 1, version_hash: hash, signatory: { name: 'A. Director', post: 'Director of Housing' } },
        ...{ signed_on: '2026-11-22', way: 'PAPER', approved_elsewhere: true, evidence, ...over },
      })
    },
    attest: (person: Person, id: string, statement: string) =>
      call(person, 'POST', `/v1/agreements/${id}/signature-statements/${statement}/attestation`),
    dispute: (person: Person, id: string, statement: string) =>
      call(person, 'POST', `/v1/agreements/${id}/signature-statements/${statement}/dispute`, { reason: 'Our director did not sign this' }),
    list: async (org: string, id: string) => (await call(officer(org), 'GET', `/v1/agreements/${id}/signature-statements`)).body.statements,
    accept: (org: string, accepted = true, person = siro(org)) =>
      call(
        person,
        'PUT',
        `/v1/organisations/${org}/attested-signatures`,
        { accepted, reason: 'Partners sign on paper' },
        { 'if-match': '*' },
      ),
    /** How the agreement stands: each party, whether it is in force for it. */
    async standings(id: string) {
      const { parties } = (await call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/state`)).body
      return parties.map(({ org, standing, in_force }: Record<string, string>) => `${org} ${standing} ${in_force}`)
    },
    ask: async () => {
      const headers = { ...(await service.as({ org: CAMDEN })), 'content-type': 'application/json' }
      const reply = await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })
      const { decision, reasons, obligations, decision_id } = reply.json()
      const found = obligations?.find(({ code }: { code: string }) => code === 'ATTESTED_SIGNATURE')
      const answer = [decision, ...reasons.map(({ code }: { code: string }) => code), ...(found ? [found.parameters.parties.join()] : [])]
      return { answer: answer.join(' '), id: String(decision_id) }
    },
  }
}

/** Frozen and signed by Camden alone; nobody has approved for Hackney here. */
async function halfSigned(desk: Desk) {
  const agreement = await desk.draft({ effectiveFrom: '2026-11-22', orgs: [CAMDEN, HACKNEY] })
  const { hash } = await desk.freeze(agreement, { isApproved: false })
  await desk.sign(agreement.id, CAMDEN, 1, hash)
  return { id: agreement.id, hash }
}

t.test(
  'a signature on paper: stated, attested, accepted by both, disputed, and in the end confirmed by the party itself',
  async (t: Test) => {
    const desk = await agreementDesk(t)
    const { state, attest, dispute, list, accept, standings, ask, send } = attesting(desk)
    const { id, hash } = await halfSigned(desk)
    const second = officer(CAMDEN, 'urn:test:second')
    t.equal((await ask()).answer, 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET')

    const made = await state(officer(CAMDEN), id, hash)
    t.match(made, {
      status: 201,
      body: { act: 'state', statement: { state: 'PROPOSED', org: HACKNEY, held_by: CAMDEN, version: 1, version_hash: hash, way: 'PAPER' } },
    })
    const { id: statement, evidence } = made.body.statement
    t.strictSame(await standings(id), [`${CAMDEN} BOUND false`, `${HACKNEY} INVITED false`])
    t.match(await state(officer(CAMDEN), id, hash), { status: 409, body: { errors: [{ code: 'STATED' }] } })
    t.match(await attest(officer(CAMDEN), id, statement), { status: 422, body: { errors: [{ code: 'SD-4' }] } }, 'not the same person')
    t.match(await attest(officer(HACKNEY), id, statement), { status: 403, body: { errors: [{ code: 'HELD' }] } })
    t.match(await attest(officer(BARNET), id, statement), { status: 404 })
    t.match(await attest(second, id, statement), { status: 200, body: { act: 'attest', statement: { state: 'ATTESTED' } } })
    t.strictSame(await standings(id), [`${CAMDEN} BOUND false`, `${HACKNEY} ATTESTED false`], 'a standing of its own')
    t.equal((await ask()).answer, 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET', 'nobody accepts such')

    await t.test('it permits once both accept, by their own SIRO', async (t) => {
      t.match(await accept(CAMDEN, true, officer(CAMDEN)), { status: 403 })
      t.match(await accept(HACKNEY, true, siro(CAMDEN)), { status: 403, body: { errors: [{ code: 'OWN' }] } })
      t.match(await accept(CAMDEN), { status: 200, body: { code: CAMDEN, accepts_attested_since: '2026-11-22T12:00:00.000Z' } })
      t.equal((await ask()).answer, 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET', 'one is not both')
      t.equal((await accept(HACKNEY)).status, 200)
      const { answer, id: decision } = await ask()
      t.equal(answer, `PERMIT ${HACKNEY}`)
      t.strictSame(await standings(id), [`${CAMDEN} BOUND true`, `${HACKNEY} ATTESTED true`])
      const replayed = await desk.service.inject({
        method: 'GET',
        url: `/v1/decisions/${decision}/replay`,
        headers: await desk.service.as({ org: CAMDEN }),
      })
      t.match(replayed.json(), { same: true, differences: [] }, replayed.body.slice(0, 300))
    })

    await t.test('what it rests on is seen by the parties, and is not erased while it stands', async (t) => {
      t.match((await list(HACKNEY, id))[0], { id: statement, state: 'ATTESTED', evidence })
      t.equal((await list(BARNET, id)) ?? null, null)
      const erased = await desk.call(officer(CAMDEN), 'POST', `/v1/files/${evidence[0]}/erasure`, { reason: 'x' })
      t.match(erased, { status: 409, body: { errors: [{ code: 'EVIDENCE' }] } })
      const print = await desk.call(officer(HACKNEY), 'GET', `/v1/agreements/${id}/versions/1/print`)
      t.match(print.text, /has signed elsewhere, as two people attest/)
      t.match(print.text, /A\. Director, Director of Housing.*22 November 2026, on paper/)
      t.ok(print.text.includes(createHash('sha256').update(PDF).digest('hex')), 'the certificate names what shows it by its hash')
      const kinds = (await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', '/v1/notices?limit=200')).body.notices.map(
        ({ kind }: { kind: string }) => kind,
      )
      t.ok(kinds.includes('SIGNATURE_STATED') && kinds.includes('SIGNATURE_ATTESTED'))
      t.strictSame(
        (await desk.leaves(id)).filter(({ act }) => act === 'state' || act === 'attest').map(({ act, refused }) => `${act} ${refused}`),
        ['state false', 'state true', 'attest true', 'attest true', 'attest false'],
      )
    })

    await t.test('whoever takes back that it accepts them shares on none', async (t) => {
      t.match(await accept(HACKNEY, false), { status: 200, body: { accepts_attested_since: null } })
      t.match((await ask()).answer, /^DENY PARTY_NOT_SIGNED/)
      await accept(HACKNEY)
      t.equal((await ask()).answer, `PERMIT ${HACKNEY}`)
    })

    await t.test('a dispute denies at once, and who disputed states a signature anew itself', async (t) => {
      t.match(await dispute(officer(CAMDEN), id, statement), { status: 403, body: { errors: [{ code: 'NAMED' }] } })
      t.match(await dispute(officer(HACKNEY), id, statement), {
        status: 200,
        body: { act: 'dispute', statement: { state: 'DISPUTED', dispute_reason: 'Our director did not sign this' } },
      })
      t.match((await ask()).answer, /^DENY PARTY_NOT_SIGNED/)
      t.strictSame(await standings(id), [`${CAMDEN} BOUND false`, `${HACKNEY} INVITED false`])
      t.match(await state(officer(CAMDEN), id, hash), { status: 409, body: { errors: [{ code: 'DISPUTED' }] } })
      const own = await state(officer(HACKNEY), id, hash, { way: 'MINUTE', approved_elsewhere: false })
      t.equal(own.status, 201, own.text)
      const signatory: Person = { org: HACKNEY, role: 'SIGNATORY' }
      t.equal((await attest(signatory, id, own.body.statement.id)).status, 200)
      t.equal((await ask()).answer, 'DENY COMMENCEMENT_NOT_MET', 'its approvals are awaited here')
    })

    await t.test("the party's own signature, through its approvals, turns it into one", async (t) => {
      const signed = await desk.sign(id, HACKNEY, 1, hash)
      t.equal(signed.status, 201, signed.text)
      t.equal((await ask()).answer, 'PERMIT', 'without the obligation')
      t.strictSame(await standings(id), [`${CAMDEN} BOUND true`, `${HACKNEY} BOUND true`])
      t.strictSame(
        (await list(CAMDEN, id)).map(({ state: one }: { state: string }) => one),
        ['SIGNED', 'SIGNED'],
      )
      const [, last] = await list(HACKNEY, id)
      t.match(await dispute(officer(HACKNEY), id, last.id), { status: 409, body: { errors: [{ code: 'SIGNED' }] } })
    })

    await t.test('another text, another file, a future day: refused, each naming its place', async (t) => {
      const other = await halfSigned(desk)
      const cases: readonly (readonly [Record<string, unknown>, string, string])[] = [
        [{ version_hash: hash }, '/version_hash', 'HASH'],
        [{ signed_on: '2026-11-23' }, '/signed_on', 'SIGNED_ON'],
        [{ signed_on: '2026-11-21' }, '/signed_on', 'SIGNED_ON'],
        [{ org: BARNET }, '/org', 'PARTY'],
        [{ evidence: [evidence[0]] }, '/evidence/0', 'UNKNOWN_FILE'],
        [{ evidence: [await send(officer(HACKNEY), PNG, 'image/png')] }, '/evidence/0', 'UNKNOWN_FILE'],
      ]
      for (const [over, pointer, code] of cases)
        t.match(await state(officer(CAMDEN), other.id, other.hash, over), { status: 422, body: { errors: [{ pointer, code }] } }, code)
      const signatory = { name: 'Me', post: 'Officer', subject: `urn:test:${CAMDEN}:IG_OFFICER` }
      t.match(await state(officer(CAMDEN), other.id, other.hash, { signatory }), { status: 422, body: { errors: [{ code: 'SD-1' }] } })
      t.strictSame(await list(CAMDEN, other.id), [])
      for (const evidence of [[], undefined]) t.equal((await state(officer(CAMDEN), other.id, other.hash, { evidence })).status, 400)
    })
  },
)

t.test('two who state it at once: one does', async (t) => {
  const desk = await agreementDesk(t)
  const { state, list } = attesting(desk)
  const { id, hash } = await halfSigned(desk)
  const done = await Promise.all([state(officer(CAMDEN), id, hash), state(officer(HACKNEY), id, hash)])
  t.strictSame(done.map(({ status }) => status).toSorted(), [201, 409])
  t.equal((await list(CAMDEN, id)).length, 1)
})

t.test('a dispute that one node has acknowledged denies on every other', async (t) => {
  const desk = await agreementDesk(t)
  const { state, attest, dispute, accept, ask } = attesting(desk)
  const { service } = desk
  const { id, hash } = await halfSigned(desk)
  for (const org of [CAMDEN, HACKNEY]) await accept(org)
  const { statement } = (await state(officer(CAMDEN), id, hash)).body
  await attest(officer(CAMDEN, 'urn:test:second'), id, statement.id)
  const node = await startNode(t, {
    ...{ databaseUrl: service.databaseUrl, clockOffsetMs: 0, logKeyHex: Buffer.from(service.logKey).toString('hex') },
    trust: trustIn(service.issuer) as never,
  })
  const headers = { ...(await service.as({ org: CAMDEN })), 'content-type': 'application/json' }
  const there = async () => {
    const reply = await fetch(`${node.url}/v1/decisions`, { method: 'POST', headers, body: JSON.stringify(SHARE) })
    return ((await reply.json()) as { readonly decision: string }).decision
  }
  t.strictSame([(await ask()).answer, await there()], [`PERMIT ${HACKNEY}`, 'PERMIT'])
  t.equal((await dispute(officer(HACKNEY), id, statement.id)).status, 200)
  t.equal(await there(), 'DENY', 'the first answer after it')
})
