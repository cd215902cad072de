import t from 'tap'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import type { ApiReply } from '../support/api-caller.ts'

// UK GDPR Arts 33 and 34: what was found of a breach is recorded by the data protection officer, once, and nobody is reminded any more.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const AWARE = '2026-11-22T12:00:00.000Z'
const EMERGENCY = {
  ...{ provider: CAMDEN, recipient: HACKNEY, purpose: 'SAFEGUARDING_ADULTS', data_items: ['IDENTITY.NAME'], actor: 'somebody' },
  ...{ ground: 'PREVENT_SERIOUS_HARM', justification: 'She had to be found', happened_at: '2026-11-21T12:00:00.000Z' },
}
const RISK = { finding: 'RISK', reason: 'Her address was disclosed', measures: 'It was deleted', notified_at: '2026-11-22T13:00:00.000Z' }
const dpo: Person = { org: CAMDEN, role: 'DPO', sub: 'dpo' }

t.test('the outcome of a breach assessment', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const fireAt = async (instant: string) => {
    desk.at(instant)
    // Two at once, as two nodes would: a timer fires once.
    await Promise.all([1, 2].map(() => desk.service.app.services.timers.fireDue()))
  }
  const read = async (id: string, person: Person = dpo) => call(person, 'GET', `/v1/emergencies/${id}`)
  const assess = (id: string, body: object = RISK, person = dpo) => call(person, 'POST', `/v1/emergencies/${id}/breach-assessment`, body)
  const tell = (id: string, body: object, person = dpo) => call(person, 'POST', `/v1/emergencies/${id}/breach-communication`, body)
  const ruleOf = ({ status, body }: ApiReply) => [status, body.errors?.[0]?.code]
  const kindsOf = async (org: string, id: string): Promise<string[]> =>
    (await call({ org, role: 'LEGAL' }, 'GET', '/v1/notices?limit=200')).body.notices
      .filter(({ subject, kind }: { subject: { id: string }; kind: string }) => subject.id === id && kind.startsWith('BREACH_'))
      .map(({ kind }: { kind: string }) => kind)
      .toReversed()
  /** An emergency that a review found not justified, known as a breach from the same instant on. */
  const breach = async (review: object = { outcome: 'NOT_JUSTIFIED' }): Promise<string> => {
    desk.at(AWARE)
    const { body } = await call({ org: CAMDEN, role: 'REQUESTER', sub: 'recorder' }, 'POST', '/v1/emergencies', EMERGENCY)
    const approval = { command: 'approve', step: 'DPO_REVIEW', hash: body.content_hash }
    await call({ org: CAMDEN, role: 'DPO', sub: 'another' }, 'POST', `/v1/sign-offs/${body.sign_off}/commands`, approval)
    const path = `/v1/emergencies/${body.id}/review`
    const found = await call({ org: CAMDEN, role: 'SIRO' }, 'POST', path, { dsa_needed: false, reason: 'No', ...review })
    t.equal(found.status, 200)
    return body.id
  }

  await t.test('the data protection officer records it once, and both organisations are told', async (t) => {
    const id = await breach()
    t.match((await read(id)).body.breach, {
      notify_by: '2026-11-25T12:00:00.000Z',
      state: 'TO_ASSESS',
      is_overdue: false,
      assessment: null,
    })
    desk.at('2026-11-22T15:00:00.000Z')
    const before = (await read(id)).headers['etag'] as string
    t.match(await assess(id), {
      status: 200,
      body: { breach: { state: 'CLOSED', communication: null, assessment: { ...RISK, late_reason: null, by: 'dpo', deputy_for: null } } },
    })
    t.match((await read(id, { org: HACKNEY, role: 'DPO' })).body.breach, {
      assessment: { finding: 'RISK', at: '2026-11-22T15:00:00.000Z' },
    })
    t.equal((await read(id, { org: BARNET, role: 'DPO' })).status, 404)
    t.strictSame(await kindsOf(CAMDEN, id), ['BREACH_ASSESSMENT_DUE', 'BREACH_ASSESSED'])
    t.strictSame(await kindsOf(HACKNEY, id), ['BREACH_ASSESSED'], 'each controller judges for itself')
    t.strictSame(ruleOf(await assess(id, { ...RISK, finding: 'RISK_UNLIKELY' })), [409, 'STATE'], 'what was found stays as it is')
    t.equal((await call(dpo, 'POST', `/v1/emergencies/${id}/breach-assessment`, RISK, { 'if-match': before })).status, 412)
    const owner = await desk.service.database?.openAs('session_user', 1)
    await t.rejects(owner?.pool.query('update breach_assessment set reason = $1', ['x']) as Promise<unknown>, /append-only/)
    const leaves = await owner?.pool.query<{ leaf: Buffer }>(
      `select l.leaf from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.idx desc limit 3`,
    )
    t.match(
      leaves?.rows.map(({ leaf }) => JSON.parse(leaf.toString('utf8'))),
      [
        { t: 'gov.emergency.breach_assessed', st: 'Refused' },
        { t: 'gov.emergency.breach_assessed', st: 'Refused' },
        { t: 'gov.emergency.breach_assessed', act: 'assess_breach', org: `urn:accord:organisation:${CAMDEN}` },
      ],
    )
  })

  await t.test('nobody else records it', async (t) => {
    const id = await breach()
    const table: readonly (readonly [what: string, person: Person, rule: readonly unknown[]])[] = [
      ['the SIRO', { org: CAMDEN, role: 'SIRO' }, [403, 'ROLE']],
      ['an officer', { org: CAMDEN, role: 'IG_OFFICER' }, [403, 'ROLE']],
      ['the data protection officer of the other organisation', { org: HACKNEY, role: 'DPO' }, [403, 'PARTY']],
      ['the data protection officer of a third', { org: BARNET, role: 'DPO' }, [404, undefined]],
      ['an auditor', { org: CAMDEN, role: 'AUDITOR' }, [403, undefined]],
      ['whoever acted in the emergency', { org: CAMDEN, role: 'DPO', sub: 'somebody' }, [422, 'SD-5']],
      ['whoever recorded the emergency', { org: CAMDEN, role: 'DPO', sub: 'recorder' }, [422, 'SD-5']],
    ]
    for (const [what, person, rule] of table) t.strictSame(ruleOf(await assess(id, RISK, person)), rule, what)
    for (const [what, person] of table) t.not((await tell(id, { what: 'x', told_at: AWARE }, person)).status, 200, what)
    t.equal((await read(id)).body.breach.state, 'TO_ASSESS')
    t.strictSame(ruleOf(await assess(id, { ...RISK, notified_at: null })), [422, 'ART_33'])
    t.strictSame(ruleOf(await tell(id, { what: 'x', told_at: AWARE })), [409, 'STATE'], 'it is assessed first')
    const justified = await breach({ outcome: 'JUSTIFIED' })
    t.strictSame(ruleOf(await assess(justified)), [409, 'STATE'], 'what was justified is no breach')
    t.equal((await read(justified)).body.breach, null)
  })

  await t.test('a deputy of the data protection officer records it on the days of the deputation, and both names are kept', async (t) => {
    const id = await breach()
    const deputy: Person = { org: CAMDEN, role: 'IG_OFFICER', sub: 'deputy' }
    const naming = { role: 'DPO', deputy: { subject: 'deputy' }, first: '2026-11-23', last: '2026-11-23', reason: 'On leave' }
    t.equal((await call(dpo, 'POST', `/v1/organisations/${CAMDEN}/deputies`, naming)).status, 201)
    t.strictSame(ruleOf(await assess(id, RISK, deputy)), [403, 'ROLE'], 'the day before')
    desk.at('2026-11-23T10:00:00.000Z')
    t.strictSame(ruleOf(await assess(id, RISK, { ...deputy, role: 'SIRO' })), [422, 'SD-2'])
    t.match(await assess(id, RISK, deputy), { status: 200, body: { breach: { assessment: { by: 'deputy', deputy_for: 'dpo' } } } })
  })

  await t.test('it is told again a day before the 72 hours are over and after them, once, and then shown as overdue', async (t) => {
    const id = await breach()
    const open = async () => (await call(dpo, 'GET', '/v1/emergencies?breach=OPEN')).body.emergencies.map((one: { id: string }) => one.id)
    await fireAt('2026-11-24T11:59:59.999Z')
    t.strictSame(await kindsOf(CAMDEN, id), ['BREACH_ASSESSMENT_DUE'])
    await fireAt('2026-11-24T12:00:00.000Z')
    await fireAt('2026-11-25T12:00:00.000Z')
    t.strictSame(await kindsOf(CAMDEN, id), ['BREACH_ASSESSMENT_DUE', 'BREACH_ASSESSMENT_DUE'])
    t.equal((await read(id)).body.breach.is_overdue, false)
    await fireAt('2026-11-25T12:00:00.001Z')
    t.strictSame((await kindsOf(CAMDEN, id)).slice(2), ['BREACH_ASSESSMENT_OVERDUE'])
    t.strictSame(await kindsOf(HACKNEY, id), [])
    t.equal((await read(id)).body.breach.is_overdue, true)
    t.ok((await open()).includes(id))
    const late = { ...RISK, notified_at: '2026-11-25T12:00:00.001Z' }
    t.strictSame(ruleOf(await assess(id, late)), [422, 'LATE'], 'what is notified late says why')
    t.match(await assess(id, { ...late, late_reason: 'Nobody was there' }), {
      status: 200,
      body: { breach: { is_overdue: false, assessment: { late_reason: 'Nobody was there' } } },
    })
    t.notOk((await open()).includes(id))
  })

  await t.test('what is assessed in time is told of no more', async (t) => {
    const id = await breach()
    await assess(id, { finding: 'NO_BREACH', reason: 'Nobody but the two knew' })
    await fireAt('2026-12-10T12:00:00.000Z')
    t.strictSame(await kindsOf(CAMDEN, id), ['BREACH_ASSESSMENT_DUE', 'BREACH_ASSESSED'])
    t.strictSame(ruleOf(await tell(id, { what: 'A letter', told_at: AWARE })), [409, 'STATE'], 'of no breach nobody is told')
  })

  await t.test('of a high risk the people are told, or a ground says why not, and until then somebody is reminded', async (t) => {
    const id = await breach()
    desk.at('2026-11-22T15:00:00.000Z')
    t.match(await assess(id, { ...RISK, finding: 'HIGH_RISK' }), {
      status: 200,
      body: { breach: { state: 'TO_COMMUNICATE', is_overdue: false } },
    })
    await fireAt('2026-11-25T15:00:00.000Z')
    const due = ['BREACH_ASSESSMENT_DUE', 'BREACH_COMMUNICATION_DUE', 'BREACH_ASSESSED', 'BREACH_COMMUNICATION_DUE']
    t.strictSame(await kindsOf(CAMDEN, id), due)
    t.strictSame(await kindsOf(HACKNEY, id), ['BREACH_ASSESSED'])
    const letter = { what: 'A letter in plain words', told_at: '2026-11-25T14:00:00.000Z' }
    t.strictSame(ruleOf(await tell(id, letter, { org: CAMDEN, role: 'SIRO' })), [403, 'ROLE'])
    t.strictSame(ruleOf(await tell(id, { ...letter, ground: 'RISK_REMOVED' })), [422, 'ART_34'])
    t.match(await tell(id, letter), {
      status: 200,
      body: { breach: { state: 'CLOSED', communication: { ...letter, ground: null, by: 'dpo' } } },
    })
    t.strictSame(ruleOf(await tell(id, letter)), [409, 'STATE'])
    await fireAt('2026-12-10T12:00:00.000Z')
    t.strictSame(await kindsOf(CAMDEN, id), [...due, 'BREACH_COMMUNICATED'])
    t.match((await read(id)).body.breach.communication, { what: letter.what, at: '2026-11-25T15:00:00.000Z' })
  })
})
