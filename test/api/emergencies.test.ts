import t from 'tap'
import { decisionFollower } from '../../src/decisions/history/decision-follower.service.ts'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'

// EM-5 and EM-6: every emergency is reviewed by other people than whoever acted, and the decision does not wait for it.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const GLASS = {
  ...{ ...SHARE, purpose: 'SAFEGUARDING_CHILDREN', mode: 'EMERGENCY', lawful_basis: '6(1)(d)' },
  emergency: { ground: 'PREVENT_SERIOUS_HARM', justification: 'A child is in danger tonight and must be found at once.' },
}
const RECORD = {
  ...{
    provider: CAMDEN,
    recipient: HACKNEY,
    purpose: 'SAFEGUARDING_ADULTS',
    data_items: ['IDENTITY.NAME'],
    ground: 'PREVENT_SERIOUS_HARM',
  },
  ...{ justification: 'The service was down and she had to be found', happened_at: '2019-01-05T22:00:00.000Z' },
}
const duty: Person = { org: CAMDEN, role: 'DUTY_MANAGER', sub: 'duty' }

t.test('emergencies', async (t) => {
  const desk = await agreementDesk(t)
  const { call, service } = desk
  const { follower } = service.app
  const officer: Person = { org: CAMDEN, role: 'IG_OFFICER' }
  const list = async (person: Person = officer, query = '') =>
    (await call(person, 'GET', `/v1/emergencies?limit=200${query}`)).body.emergencies
  const broken = async (over: object = {}, person = duty) => {
    const { body } = await call(person, 'POST', '/v1/decisions', { ...GLASS, ...over })
    t.match(body, { decision: 'PERMIT', via: 'BREAK_GLASS' })
    await follower.catchUp()
    return (await list()).find((one: { decision_id: string }) => one.decision_id === body.decision_id)
  }
  const advise = async ({ sign_off, content_hash: hash }: { sign_off: string; content_hash: string }, sub = 'dpo', org = CAMDEN) =>
    call({ org, role: 'DPO', sub }, 'POST', `/v1/sign-offs/${sign_off}/commands`, { command: 'approve', step: 'DPO_REVIEW', hash })
  const review = (id: string, body: object = {}, { sub = 'siro', role = 'SIRO' as Role, org = CAMDEN } = {}) =>
    call({ org, role, sub }, 'POST', `/v1/emergencies/${id}/review`, {
      outcome: 'JUSTIFIED',
      dsa_needed: false,
      reason: 'Found in time',
      ...body,
    })
  const ruleOf = ({ status, body }: { status: number; body: { errors?: readonly { code?: string }[] } }) => [status, body.errors?.[0]?.code]
  const kindsOf = async (org: string, id: string) =>
    (await call({ org, role: 'LEGAL' }, 'GET', '/v1/notices?limit=200')).body.notices
      .filter(({ subject }: { subject: { id: string } }) => subject.id === id)
      .map(({ kind }: { kind: string }) => kind)
      .filter((kind: string) => !kind.startsWith('STEP_'))
  const asked = async (purpose: string) =>
    (await call({ org: HACKNEY, role: 'IG_OFFICER' }, 'GET', '/v1/requests?limit=200')).body.requests.filter(
      ({ question, origin }: { question: { purpose: string }; origin: string }) => question.purpose === purpose && origin === 'BREAK_GLASS',
    )

  await t.test('a permit that broke the glass opens one review, due in two working days, however often it is looked at', async (t) => {
    const found = await broken()
    t.match(found, {
      ...{
        org: CAMDEN,
        provider: CAMDEN,
        recipient: HACKNEY,
        purpose: GLASS.purpose,
        data_items: ['IDENTITY.NAME'],
        ground: 'PREVENT_SERIOUS_HARM',
      },
      ...{ justification: null, lawful_basis: '6(1)(d)', actor: 'duty', recorded_after: false, status: 'OPEN', review_due: '2026-11-24' },
      ...{ is_review_overdue: false, outcome: null, breach: null },
    })
    t.strictSame(await kindsOf(CAMDEN, found.id), ['EMERGENCY_REVIEW_DUE'])
    const owner = await service.database?.openAs('session_user', 1)
    await owner?.pool.query('delete from decision_follow_progress')
    await follower.catchUp()
    t.equal((await list()).length, 1, 'done again it is done once')
    await call({ org: CAMDEN, role: 'DUTY_MANAGER', sub: 'duty' }, 'POST', '/v1/decisions/simulate', GLASS)
    await follower.catchUp()
    t.equal((await list()).length, 1, 'a simulation is no emergency')
    t.equal((await list({ org: HACKNEY, role: 'DPO' })).length, 1, 'the other organisation reads it')
    t.strictSame(await list({ org: BARNET, role: 'DPO' }), [])
    t.equal((await call({ org: BARNET, role: 'DPO' }, 'GET', `/v1/emergencies/${found.id}`)).status, 404)
    t.equal((await call({ org: BARNET, role: 'AUDITOR' }, 'GET', `/v1/emergencies/${found.id}`)).status, 200)
    desk.at('2026-11-25T00:00:00.000Z')
    t.match(await list(), [{ is_review_overdue: true }])
    desk.at('2026-11-22T12:00:00.000Z')
  })

  await t.test('SD-5: whoever acted reviews nothing of it; another says what was found, after the advice', async (t) => {
    const [found] = await list()
    t.strictSame(ruleOf(await review(found.id)), [422, 'NOT_OPEN'], 'the advice comes first')
    t.strictSame(ruleOf(await advise(found, 'duty')), [422, 'SD-5'])
    t.equal((await advise(found, 'dpo', HACKNEY)).status, 404)
    t.equal((await advise(found)).status, 200)
    t.strictSame(ruleOf(await review(found.id, {}, { sub: 'duty' })), [422, 'SD-5'])
    t.strictSame(ruleOf(await review(found.id, {}, { role: 'LEGAL', sub: 'legal' })), [403, 'ROLE'])
    t.equal((await review(found.id, {}, { org: HACKNEY })).status, 403)
    const hash = found.content_hash
    const unsaid = await call({ org: CAMDEN, role: 'SIRO', sub: 'siro' }, 'POST', `/v1/sign-offs/${found.sign_off}/commands`, {
      command: 'approve',
      step: 'EVENT_REVIEW',
      hash,
    })
    t.strictSame(ruleOf(unsaid), [422, 'EM-5'], 'no review without what it found')
    t.equal((await call(officer, 'GET', `/v1/emergencies/${found.id}`)).body.status, 'OPEN')
    t.match(await review(found.id), { status: 200, body: { status: 'REVIEWED', outcome: 'JUSTIFIED', dsa_needed: false, breach: null } })
    t.strictSame(ruleOf(await review(found.id)), [409, 'STATE'])
    t.match((await call(officer, 'GET', `/v1/sign-offs/${found.sign_off}`)).body.status, 'COMPLETE')
    t.strictSame(await list(officer, '&status=OPEN'), [])
  })

  await t.test('what was not justified opens a breach assessment with 72 hours from awareness', async (t) => {
    const found = await broken({ purpose: 'SAFEGUARDING_ADULTS' })
    await advise(found)
    const { status, body } = await review(found.id, { outcome: 'NOT_JUSTIFIED', aware_at: '2026-11-22T12:00:00Z' })
    t.equal(status, 200)
    t.match(body.breach, { notify_by: '2026-11-25T12:00:00.000Z' })
    t.strictSame(await kindsOf(CAMDEN, found.id), ['BREACH_ASSESSMENT_DUE', 'EMERGENCY_REVIEW_DUE'])
    t.strictSame(await asked('SAFEGUARDING_ADULTS'), [])
  })

  await t.test(
    'three of one pair and purpose in 90 days ask for an agreement, once until that is answered; so does a review',
    async (t) => {
      for (let n = 2; n <= 4; n++) {
        await broken()
        t.equal((await asked(GLASS.purpose)).length, n < 3 ? 0 : 1, `${n}`)
      }
      const [request] = await asked(GLASS.purpose)
      t.match(request, {
        asked_by_org: CAMDEN,
        status: 'OPEN',
        question: { provider: CAMDEN, recipient: HACKNEY, data_items: ['IDENTITY.NAME'], method: null },
      })
      await call(officer, 'POST', `/v1/requests/${request.id}/pick-up`)
      t.match(await call(officer, 'POST', `/v1/requests/${request.id}/answer`, { answer: 'DRAFT_BEGUN' }), {
        status: 200,
        body: { agreement: /^DSA-/ },
      })
      const found = await broken({ purpose: 'SAFEGUARDING_CHILDREN.MASH' })
      await advise(found)
      t.equal((await review(found.id, { dsa_needed: true })).status, 200)
      t.equal((await asked('SAFEGUARDING_CHILDREN.MASH')).length, 1)
    },
  )

  await t.test('EM-6: what was shared without the service is recorded afterwards, however late, and reviewed the same way', async (t) => {
    const record = (over: object = {}, person: Person = { org: CAMDEN, role: 'REQUESTER', sub: 'recorder' }) =>
      call(person, 'POST', '/v1/emergencies', { ...RECORD, actor: 'somebody', ...over })
    const made = await record()
    t.match(made, {
      status: 201,
      body: {
        recorded_after: true,
        decision_id: null,
        actor: 'somebody',
        justification: RECORD.justification,
        happened_at: RECORD.happened_at,
        review_due: '2026-11-24',
      },
    })
    t.strictSame(ruleOf(await advise(made.body, 'somebody')), [422, 'SD-5'])
    t.strictSame(ruleOf(await advise(made.body, 'recorder')), [422, 'SD-5'])
    await advise(made.body)
    t.match(await review(made.body.id, { outcome: 'JUSTIFIED_EXCESSIVE_DATA', excessive_items: ['IDENTITY.NAME'] }), {
      status: 200,
      body: { outcome: 'JUSTIFIED_EXCESSIVE_DATA', excessive_items: ['IDENTITY.NAME'] },
    })
    t.strictSame(ruleOf(await record({ happened_at: '2030-01-01T00:00:00Z' })), [422, 'FUTURE'])
    t.strictSame(ruleOf(await record({ ground: 'CONVENIENCE' })), [422, 'UNKNOWN_CODE'])
    t.strictSame(ruleOf(await record({}, { org: BARNET, role: 'REQUESTER' })), [403, 'PARTY'])
    const permits = await call(duty, 'POST', '/v1/decisions', { ...GLASS, mode: 'SYSTEMATIC', emergency: null })
    t.equal(permits.body.decision, 'DENY', 'recording permits nothing')
  })

  await t.test('AH-2: a one-off disclosure of what is systematic asks for an agreement', async (t) => {
    const content = {
      ...{
        provider: CAMDEN,
        recipient: 'MPS',
        purpose: 'CRIME_INVESTIGATION',
        data_items: ['IDENTITY.NAME'],
        subject_count: 1,
        received_on: '2026-11-20',
      },
      ...{ requester_position: 'Sergeant', verified_how: 'Called back', lawful_basis: '6(1)(e)', necessity: 'A case', tell_subject: 'No' },
      ...{ retention: 'The case', security: 'E-mail', valid_to: '2027-01-01T00:00:00Z', single_use: false },
    }
    const made = (await call({ org: CAMDEN, role: 'REQUESTER' }, 'POST', '/v1/disclosures', { content })).body
    const people = [
      ['IAO_CONFIRMATION', 'IAO'],
      ['DPO_REVIEW', 'DPO'],
      ['DISCLOSURE_DECISION', 'AUTHORISED_DISCLOSURE_OFFICER'],
    ] as const
    for (const [step, role] of people)
      await call({ org: CAMDEN, role, sub: role }, 'POST', `/v1/sign-offs/${made.sign_off}/commands`, {
        command: 'approve',
        step,
        hash: made.content_hash,
      })
    const ask = async (over: object) => {
      const question = {
        ...SHARE,
        recipient: 'MPS',
        purpose: 'CRIME_INVESTIGATION',
        mode: 'AD_HOC',
        disclosure_decision_id: made.id,
        ...over,
      }
      const { body } = await call(duty, 'POST', '/v1/decisions', question)
      await follower.catchUp()
      return [body.decision, body.primary_reason]
    }
    const tasks = async () =>
      (await call(officer, 'GET', '/v1/requests?limit=200')).body.requests.filter(({ origin }: { origin: string }) => origin === 'ONE_OFF')
    t.strictSame(await ask({ data_items: ['HEALTH.DIAGNOSIS'] }), ['DENY', 'ADHOC_SCOPE_EXCEEDED'])
    t.strictSame(await tasks(), [], 'beyond the decision is not systematic')
    for (let n = 0; n < 2; n++) t.strictSame(await ask({ record_count: 101 }), ['DENY', 'ADHOC_SCOPE_EXCEEDED'])
    t.match(await tasks(), [{ asked_by_org: CAMDEN, status: 'OPEN', question: { recipient: 'MPS' } }])
    t.equal((await tasks()).length, 1, 'once until it is answered')
  })

  await t.test('one decision of which nothing can follow keeps no review of a later emergency waiting', async (t) => {
    const [first, second] = [await broken({ purpose: 'DOMESTIC_ABUSE' }), await broken({ purpose: 'MODERN_SLAVERY' })]
    await follower.close()
    const owner = await service.database?.openAs('session_user', 1)
    await owner?.pool.query('delete from decision_follow_progress')
    const seen: string[] = []
    let isBroken = true
    const another = decisionFollower({
      ...{ db: service.app.services.db, everyMs: 60_000, onFailure: () => {}, onOneOffBeyondScope: async () => {} },
      filler: { catchUp: async () => 0 },
      onBreakGlass: async ({ decision_id }) => {
        if (isBroken && decision_id === first.decision_id) throw new Error('not this one')
        seen.push(decision_id)
      },
    })
    await t.rejects(another.catchUp(), /not this one/)
    t.ok(seen.includes(second.decision_id), 'what came after it was done')
    isBroken = false
    await another.catchUp()
    t.ok(seen.includes(first.decision_id), 'and it is tried again until it is')
    await another.close()
  })
})
