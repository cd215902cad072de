import { randomUUID } from 'node:crypto'
import t from 'tap'
import { withTransaction } from '../../src/platform/database/database.ts'
import { readAs } from '../../src/platform/database/reader.ts'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET']
const { mode: _mode, ...QUESTION } = SHARE
const requester: Person = { org: HACKNEY, role: 'REQUESTER' }
const officer: Person = { org: CAMDEN, role: 'IG_OFFICER' }

t.test('asking for a share that no agreement covers', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const ask = (body: object = {}, person: Person = requester) =>
    call(person, 'POST', '/v1/requests', { question: QUESTION, why: 'Hackney hears too late', ...body })
  const post = (person: Person, id: string, what: string, body?: object) => call(person, 'POST', `/v1/requests/${id}/${what}`, body)
  const asked = async (body: object = {}) => String((await ask(body)).body.id)
  const pickedUp = async (body: object = {}, person = officer) => {
    const id = await asked(body)
    await post(person, id, 'pick-up')
    return id
  }
  const rulesOf = (reply: { readonly status: number; readonly body: { readonly errors?: readonly { readonly code?: string }[] } }) => [
    reply.status,
    ...(reply.body.errors ?? []).map(({ code }) => code),
  ]
  const noticesOf = async (org: string, id: string) =>
    (await call({ org, role: 'DPO' }, 'GET', '/v1/notices?limit=200')).body.notices
      .filter(({ subject }: { subject: { id: string } }) => subject.id === id)
      .map(({ kind, agreement }: { kind: string; agreement: unknown }) => [kind, agreement])
  const leavesOf = async (work: () => Promise<unknown>) => {
    const owner = await desk.service.database?.openAs('session_user', 1)
    const read = async () =>
      (
        await owner?.pool.query<{ leaf: Buffer }>(
          `select l.leaf from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.idx`,
        )
      )?.rows.map(({ leaf }) => JSON.parse(leaf.toString('utf8')) as { t: string; st?: string; from?: string; to?: string }) ?? []
    const before = (await read()).length
    await work()
    return (await read()).slice(before)
  }

  await t.test('a DENY is taken over into a request, which both organisations see and nobody else', async (t) => {
    const decided = await call(requester, 'POST', '/v1/decisions', { ...SHARE, correlation_id: 'case 7', record_count: 3 })
    t.equal(decided.body.decision, 'DENY')
    const made = await ask({ question: null, decision_id: decided.body.decision_id, needed_by: '2026-12-24' })
    t.match(made, {
      status: 201,
      body: {
        ...{ asked_by_org: HACKNEY, status: 'OPEN', answer: null, decision_id: decided.body.decision_id, needed_by: '2026-12-24' },
        ...{ question: { ...QUESTION, record_count: 3 }, origin: 'PERSON', picked_up_by: null },
        history: [{ sequence: 1, act: 'ask', actor_org: HACKNEY, actor_sub: 'urn:test:LBC_HACKNEY:REQUESTER' }],
      },
    })
    t.notOk('correlation_id' in made.body.question)
    const id = String(made.body.id)
    t.strictSame(await noticesOf(CAMDEN, id), [['REQUEST_RECEIVED', null]])
    t.strictSame(await noticesOf(HACKNEY, id), [])
    for (const [org, status] of [
      [CAMDEN, 200],
      [HACKNEY, 200],
      [BARNET, 404],
    ] as const) {
      t.equal((await call({ org, role: 'LEGAL' }, 'GET', `/v1/requests/${id}`)).status, status, org)
      const listed = (await call({ org, role: 'LEGAL' }, 'GET', '/v1/requests')).body.requests.map((one: { id: string }) => one.id)
      t.equal(listed.includes(id), status === 200, org)
    }
    t.equal((await call({ org: BARNET, role: 'AUDITOR' }, 'GET', `/v1/requests/${id}`)).status, 200, 'an auditor reads it')
    const stranger = await ask({ question: null, decision_id: decided.body.decision_id }, { org: BARNET, role: 'REQUESTER' })
    t.strictSame(rulesOf(stranger), [422, 'UNKNOWN_DECISION'], 'nobody takes over the decision of others')
    t.strictSame(rulesOf(await ask({ question: null, decision_id: randomUUID() })), [422, 'UNKNOWN_DECISION'])
  })

  await t.test('a request permits nothing, whatever becomes of it', async (t) => {
    const question = { ...QUESTION, provider: ISLINGTON }
    const islington: Person = { org: ISLINGTON, role: 'IG_OFFICER' }
    t.equal(await desk.ask(ISLINGTON, HACKNEY), 'DENY NO_AGREEMENT')
    for (const answer of [{ answer: 'ONE_OFF' }, { answer: 'REFUSED', reason: 'No' }, { answer: 'DRAFT_BEGUN' }]) {
      const id = await asked({ question })
      t.equal(await desk.ask(ISLINGTON, HACKNEY), 'DENY NO_AGREEMENT', 'asked')
      await post(islington, id, 'pick-up')
      t.equal(await desk.ask(ISLINGTON, HACKNEY), 'DENY NO_AGREEMENT', 'picked up')
      t.match(await post(islington, id, 'answer', answer), { status: 200, body: { status: 'CLOSED', answer: answer.answer } })
      t.match(await desk.ask(ISLINGTON, HACKNEY), /^DENY /, answer.answer)
    }
    t.equal(await desk.ask(ISLINGTON, HACKNEY), 'DENY AGREEMENT_NOT_APPROVED', 'a draft is no agreement')
  })

  await t.test('an officer begins a draft with the two parties and one flow filled in, in one act with its own leaf each', async (t) => {
    const id = await pickedUp({ question: { ...QUESTION, lawful_basis: '6(1)(e)' } })
    let reply = await post(officer, id, 'answer', { answer: 'DRAFT_BEGUN', instrument_type: 'NO_SUCH_TYPE' })
    t.strictSame(rulesOf(reply), [422, 'UNKNOWN_CODE'], 'a draft that cannot be begun leaves the request as it was')
    t.equal((await call(officer, 'GET', `/v1/requests/${id}`)).body.status, 'PICKED_UP')
    const leaves = await leavesOf(async () => {
      reply = await post(officer, id, 'answer', { answer: 'DRAFT_BEGUN', title: 'Placements' })
    })
    t.match(leaves, [{ t: 'gov.agreement.drafted' }, { t: 'gov.request.answered', from: 'PICKED_UP', to: 'CLOSED' }])
    t.match(reply, { status: 200, body: { status: 'CLOSED', answer: 'DRAFT_BEGUN', agreement: /^DSA-/ } })
    const { agreement } = reply.body
    const draft = await call({ org: HACKNEY, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${agreement}`)
    t.match(draft, {
      status: 200,
      body: {
        ...{ title: 'Placements', owner_org: CAMDEN, status: 'DRAFT', parties: [{ org: CAMDEN }, { org: HACKNEY }] },
        versions: [{ terms: { flows: [{ id: 'F1', purpose: QUESTION.purpose, legal: { provider: { art6: ['6(1)(e)'] } } }] } }],
      },
    })
    t.match((await call(officer, 'GET', `/v1/agreements/${agreement}/history`)).body.acts, [{ act: 'create', org: CAMDEN }])
    t.strictSame(await noticesOf(HACKNEY, id), [
      ['REQUEST_ANSWERED', null],
      ['REQUEST_PICKED_UP', null],
    ])
  })

  await t.test('or names a draft of both that there is, and no other', async (t) => {
    const theirs = await desk.draft({ orgs: [CAMDEN, HACKNEY] })
    const others = await desk.draft({ orgs: [CAMDEN, ISLINGTON] })
    const hidden = await desk.draft({ orgs: [BARNET, ISLINGTON], owner_org: BARNET })
    const id = await pickedUp()
    const name = (agreement: string) => post(officer, id, 'answer', { answer: 'DRAFT_BEGUN', agreement })
    t.strictSame(rulesOf(await name(others.id)), [422, 'NOT_THEIR_DRAFT'])
    t.strictSame((await name(hidden.id)).body.errors, (await name('DSA-2026-000000')).body.errors, 'what is hidden is as what is not there')
    t.match(await name(theirs.id), { status: 200, body: { agreement: theirs.id, answer: 'DRAFT_BEGUN' } })
  })

  await t.test('what the table does not let be is refused, changes nothing and is recorded', async (t) => {
    const id = await asked()
    const seen = async () => (await call(officer, 'GET', `/v1/requests/${id}`)).body
    const before = await seen()
    const leaves = await leavesOf(async () => {
      t.strictSame(rulesOf(await post(officer, id, 'answer', { answer: 'ONE_OFF' })), [409, 'STATE'])
      t.strictSame(rulesOf(await post({ org: CAMDEN, role: 'LEGAL' }, id, 'withdrawal', { reason: 'x' })), [403, 'ASKED'])
      t.strictSame(rulesOf(await ask({}, { org: BARNET, role: 'REQUESTER' })), [403, 'PARTY'])
    })
    t.strictSame(
      leaves.map(({ t: event, st }) => [event, st]),
      [
        ['gov.request.answered', 'Refused'],
        ['gov.request.withdrawn', 'Refused'],
        ['gov.request.asked', 'Refused'],
      ],
    )
    t.strictSame(await seen(), before)
    t.equal((await post(requester, id, 'pick-up')).status, 403, 'only an officer picks it up')
    await post(officer, id, 'pick-up')
    t.strictSame(rulesOf(await post(officer, id, 'answer', { answer: 'REFUSED' })), [422, 'REASON'])
    t.strictSame(rulesOf(await post(officer, id, 'answer', { answer: 'ONE_OFF', agreement: 'DSA-1' })), [422, 'AGREEMENT'])
    t.match(await post(requester, id, 'withdrawal', { reason: 'No longer needed' }), { body: { answer: 'WITHDRAWN', status: 'CLOSED' } })
    t.strictSame(rulesOf(await post(officer, id, 'answer', { answer: 'ONE_OFF' })), [409, 'STATE'], 'too late')
  })

  await t.test('of two officers who pick it up at once both are heard, and only the last one answers', async (t) => {
    const id = await asked()
    const two = ['one', 'two'].map((sub): Person => ({ ...officer, sub }))
    await Promise.all(two.map((person) => post(person, id, 'pick-up')))
    const replies = await Promise.all(two.map((person) => post(person, id, 'answer', { answer: 'REFUSED', reason: 'No' })))
    const [first, last] = replies.map(({ status }) => status).toSorted()
    t.equal(first, 200)
    t.ok(last === 403 || last === 409, `not picked up by this one, or answered already: ${last}`)
  })

  await t.test('a list shows mine, a state, and goes on from page to page', async (t) => {
    const barnet: Person = { org: BARNET, role: 'IG_OFFICER', sub: 'barnet' }
    const ids: string[] = []
    for (let n = 0; n < 3; n++)
      ids.unshift(
        String((await ask({ question: { ...QUESTION, recipient: BARNET } }, n === 0 ? { ...barnet, sub: 'another' } : barnet)).body.id),
      )
    const list = async (query: string) => {
      const { body } = await call(barnet, 'GET', `/v1/requests?${query}`)
      return [body.requests.map(({ id }: { id: string }) => id), body.next_before]
    }
    t.strictSame(await list('limit=2'), [ids.slice(0, 2), ids[1]])
    t.strictSame(await list(`limit=2&before=${ids[1]}`), [ids.slice(2), null])
    t.strictSame(await list('mine=true'), [ids.slice(0, 2), null])
    await post(barnet, String(ids[2]), 'pick-up')
    t.strictSame(await list('mine=true'), [ids, null], 'what I have picked up is mine')
    t.strictSame(await list('status=PICKED_UP'), [ids.slice(2), null])
  })

  await t.test('an organisation asks to join an agreement: whoever keeps it invites, and it joins by its own signature', async (t) => {
    const agreement = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
    const question = { ...QUESTION, recipient: ISLINGTON }
    const islington: Person = { org: ISLINGTON, role: 'REQUESTER' }
    const made = await ask({ question, join_agreement: agreement.id }, islington)
    const id = String(made.body.id)
    t.match(made.body, { status: 'AWAITING_KEEPER', join_agreement: agreement.id })
    t.strictSame(rulesOf(await post({ org: ISLINGTON, role: 'IG_OFFICER' }, id, 'joining', { outcome: 'INVITED' })), [403, 'KEEPER'])
    t.equal((await call(islington, 'GET', `/v1/agreements/${agreement.id}`)).status, 404, 'asking shows nothing of it')
    const invited = await post(officer, id, 'joining', { outcome: 'INVITED', capacities: ['HOUSING_AUTHORITY'] })
    t.match(invited, { status: 200, body: { status: 'CLOSED', answer: 'JOIN_AGREEMENT', agreement: agreement.id } })
    t.equal((await call(islington, 'GET', `/v1/agreements/${agreement.id}`)).status, 200, 'the invited reads it')
    t.match(await noticesOf(ISLINGTON, id), [['REQUEST_ANSWERED', null]])
    t.match((await desk.leaves(agreement.id)).at(-1), { act: 'invite', refused: false })
    t.match(await desk.sign(agreement.id, ISLINGTON, 1, agreement.hash), { status: 201 })
  })

  await t.test('the officer of a party finds the agreement for whoever asks; the keeper may decline and says why', async (t) => {
    const agreement = await inForce(desk, { orgs: [BARNET, HACKNEY], owner_org: BARNET })
    const question = { ...QUESTION, provider: HACKNEY, recipient: ISLINGTON }
    const hackney: Person = { org: HACKNEY, role: 'IG_OFFICER' }
    const keeper: Person = { org: BARNET, role: 'IG_OFFICER' }
    const id = String((await ask({ question }, { org: ISLINGTON, role: 'REQUESTER' })).body.id)
    t.equal((await call(keeper, 'GET', `/v1/requests/${id}`)).status, 404)
    await post(hackney, id, 'pick-up')
    t.match(await post(hackney, id, 'answer', { answer: 'JOIN_AGREEMENT', agreement: agreement.id }), {
      status: 200,
      body: { status: 'AWAITING_KEEPER', answer: null, join_agreement: agreement.id },
    })
    t.equal((await call(keeper, 'GET', `/v1/requests/${id}`)).status, 200, 'the keeper reads who asks')
    t.strictSame(await noticesOf(BARNET, id), [['JOINING_ASKED', null]])
    t.strictSame(rulesOf(await post(keeper, id, 'joining', { outcome: 'DECLINED' })), [422, 'REASON'])
    t.match(await post(keeper, id, 'joining', { outcome: 'DECLINED', reason: 'It ends soon' }), { status: 200, body: { status: 'OPEN' } })
    t.equal((await call(keeper, 'GET', `/v1/requests/${id}`)).status, 404, 'and no longer once it is answered')
    const history = (await call(hackney, 'GET', `/v1/requests/${id}`)).body.history
    t.match(history.at(-1), { act: 'decline', reason: 'It ends soon', actor_org: BARNET })
    await post(hackney, id, 'pick-up')
    t.equal((await post(hackney, id, 'answer', { answer: 'ONE_OFF' })).status, 200, 'and it can be answered otherwise')
    const both = await pickedUp({ question: { ...QUESTION, provider: HACKNEY, recipient: BARNET } }, hackney)
    t.strictSame(rulesOf(await post(hackney, both, 'answer', { answer: 'JOIN_AGREEMENT', agreement: agreement.id })), [
      422,
      'ALREADY_PARTIES',
    ])
  })

  await t.test('asking to join says nothing of whether there is such an agreement', async (t) => {
    const hidden = await inForce(desk, { orgs: [BARNET, ISLINGTON], owner_org: BARNET })
    const replies = await Promise.all([hidden.id, 'DSA-2026-000000'].map((join_agreement) => ask({ join_agreement })))
    const shown = replies.map(({ status, body: { id: _id, join_agreement: _name, history: _acts, asked_at: _at, ...rest } }) => ({
      status,
      rest,
    }))
    t.equal(shown[0]?.status, 201)
    t.strictSame(shown[0], shown[1])
    const id = String(replies[1]?.body.id)
    await post(officer, id, 'pick-up')
    t.match(await post(officer, id, 'answer', { answer: 'REFUSED', reason: 'There is none' }), { body: { status: 'CLOSED' } })
  })

  await t.test('the database keeps requests and their history from others by itself', async (t) => {
    const id = await asked()
    const rowsFor = (org: string | null) =>
      withTransaction(desk.service.app.services.db, async (tx) => {
        if (org !== null) await readAs(tx, { kind: 'party', org })
        const rows = await tx.selectFrom('share_request').select('id').where('id', '=', id).execute()
        const acts = await tx.selectFrom('share_request_act').select('sequence').where('request_id', '=', id).execute()
        return [rows.length, acts.length]
      })
    t.strictSame(await rowsFor(HACKNEY), [1, 1])
    t.strictSame(await rowsFor(CAMDEN), [1, 1])
    t.strictSame(await rowsFor(BARNET), [0, 0])
    t.strictSame(await rowsFor(null), [0, 0])
  })
})
