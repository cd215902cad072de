import t from 'tap'
import type { Person } from '../support/agreement-desk.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

// Nobody has to look: who is named in a draft, who approved and signed it, from when it is in force, and where refusals rose.

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET']
const server = await mailServer(t)
const desk = await mailDesk(t, server)
const { timers } = desk.service.app.services
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })

interface Notice {
  readonly kind: string
  readonly agreement: string | null
  readonly detail: Readonly<Record<string, unknown>>
}
const noticesOf = async (org: string): Promise<Notice[]> => (await desk.call(officer(org), 'GET', '/v1/notices')).body.notices
/** What an organisation was told of an agreement, of these kinds, the first first. */
const about = async (org: string, id: string | null, ...kinds: string[]) =>
  (await noticesOf(org)).filter((one) => one.agreement === id && kinds.includes(one.kind)).toReversed()
const party = (org: string) => ({ org, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] })

await desk.holder(CAMDEN, 'IG_OFFICER', 'keeper', 'keeper@camden.example')
await desk.holder(HACKNEY, 'IG_OFFICER', 'named', 'named@hackney.example')

/** What stands in the mail of the morning. */
async function digest(day: string, address: string): Promise<string> {
  await desk.mailing.run()
  const before = server.to(address).length
  desk.at(`${day}T08:00:00.000Z`)
  await desk.mailing.run()
  return server
    .to(address)
    .slice(before)
    .map(({ text }) => text)
    .join('\n')
}

t.test('an organisation that is named in a draft is told once, and no longer once it is not', async (t) => {
  const body = { title: 'A title that is nobody’s business', instrument_type: 'CONTROLLER_TO_CONTROLLER' }
  const { id } = (await desk.call(officer(CAMDEN), 'POST', '/v1/agreements', body)).body
  const put = async (...orgs: string[]) => {
    const parties = orgs.map(party)
    const done = await desk.call(officer(CAMDEN), 'PUT', `/v1/agreements/${id}/draft/parties`, { parties }, { 'if-match': '*' })
    t.equal(done.status, 200, done.text)
  }
  const named = async (org: string) => (await about(org, id, 'NAMED_IN_DRAFT')).map(({ detail }) => detail)
  await put(CAMDEN, HACKNEY)
  await put(CAMDEN, HACKNEY, ISLINGTON)
  for (const org of [HACKNEY, ISLINGTON]) t.strictSame(await named(org), [{ by: CAMDEN }], org)
  for (const org of [CAMDEN, BARNET]) t.strictSame(await named(org), [], org)
  await put(CAMDEN, HACKNEY)
  t.strictSame(await named(ISLINGTON), [], 'what one may no longer see one is not told of')
  const copy = (await desk.call(officer(HACKNEY), 'POST', '/v1/agreements', { ...body, from_agreement: id })).body
  t.strictSame(
    (await about(CAMDEN, copy.id, 'NAMED_IN_DRAFT')).map(({ detail }) => detail),
    [{ by: HACKNEY }],
    'a copy names its parties too',
  )
  const mail = await digest('2026-11-24', 'named@hackney.example')
  t.match(mail, `Hackney has been named in a draft agreement: ${id}`)
  t.match(mail, `Camden is preparing ${id}, and names Hackney in it.`)
  t.notMatch(mail, /business/)
})

t.test('whoever keeps the text hears who approved and who signed, and everybody from when it is in force', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY, ISLINGTON], effectiveFrom: '2026-12-01' })
  const { id } = agreement
  const { version, hash } = await desk.freeze(agreement, { isApproved: false })
  await desk.approve(id, HACKNEY, version)
  await desk.approve(id, CAMDEN, version)
  const approved = (await about(CAMDEN, id, 'PARTY_APPROVED')).map(({ detail }) => detail)
  t.match(approved, [{ org: HACKNEY, version, approved: 1, parties: 3 }])
  t.equal(approved.length, 1, 'that it approved itself it knows')
  t.equal((await desk.sign(id, HACKNEY, version, hash)).status, 201)
  t.match(
    (await about(CAMDEN, id, 'PARTY_SIGNED')).map(({ detail }) => detail),
    [{ org: HACKNEY, version, signed: 1, parties: 3 }],
  )
  t.strictSame(await about(CAMDEN, id, 'IN_FORCE'), [], 'one alone is bound to nobody')
  t.equal((await desk.sign(id, CAMDEN, version, hash)).status, 201)
  for (const org of [CAMDEN, HACKNEY, ISLINGTON])
    t.strictSame(
      (await about(org, id, 'IN_FORCE')).map(({ detail }) => detail),
      [{ version, effective_from: '2026-12-01' }],
      org,
    )
  t.equal((await desk.sign(id, ISLINGTON, version, hash)).status, 201)
  t.equal((await about(CAMDEN, id, 'IN_FORCE')).length, 1, 'it begins once')
  for (const org of [HACKNEY, ISLINGTON]) t.strictSame(await about(org, id, 'PARTY_SIGNED', 'PARTY_APPROVED'), [], org)
  const mail = await digest('2026-11-25', 'keeper@camden.example')
  t.match(mail, new RegExp(`Approved by Hackney: ${id}\\n.*1 of 3 parties has approved it\\.`))
  t.match(mail, new RegExp(`Hackney signed ${id}\\n.*1 of 3 parties has signed it\\.`))
  t.match(mail, new RegExp(`Islington signed ${id}\\n.*3 of 3 parties have signed it\\.`))
  t.match(mail, `${id} is in force from 1 December 2026`)
})

t.test('a text whose first day is over when it is signed is in force from the day of the signature', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-25' })
  const { version, hash } = await desk.freeze(agreement)
  await desk.sign(agreement.id, HACKNEY, version, hash)
  desk.at('2026-11-27T12:00:00.000Z')
  await desk.sign(agreement.id, CAMDEN, version, hash)
  t.match(
    (await about(HACKNEY, agreement.id, 'IN_FORCE')).map(({ detail }) => detail),
    [{ effective_from: '2026-11-27' }],
  )
})

t.test('where many more checks were refused than in the week before, whom they concern is told on Monday', async (t) => {
  const refused = async (org: string, count: number) => {
    for (let asked = 0; asked < count; asked++) t.match(await desk.ask(org, BARNET, { purpose: 'HOMELESSNESS' }), /^DENY NO_AGREEMENT/)
  }
  desk.at('2026-12-02T12:00:00.000Z')
  await refused(ISLINGTON, 6)
  desk.at('2026-12-09T12:00:00.000Z')
  await refused(ISLINGTON, 11)
  await refused('LBC_ENFIELD', 9)
  desk.at('2026-12-14T00:30:00.000Z')
  await refused('LBC_ENFIELD', 5)
  // They are made searchable behind their answers.
  await desk.call(officer(BARNET), 'GET', '/v1/insight/unmet-shares')
  const rises = async (org: string) => (await about(org, null, 'REFUSALS_ROSE')).map(({ detail }) => detail)
  desk.at('2026-12-14T06:59:00.000Z')
  await timers.fireDue()
  t.strictSame(await rises(BARNET), [], 'not before the morning')
  desk.at('2026-12-14T07:00:00.000Z')
  await Promise.all([timers.fireDue(), timers.fireDue()])
  t.strictSame(await rises(BARNET), [
    {
      ...{ from: '2026-12-07T00:00:00.000Z', to: '2026-12-14T00:00:00.000Z' },
      ...{ reason: 'NO_AGREEMENT', refusals: 20, week_before: 6, other_reasons: 0 },
    },
  ])
  t.strictSame(await rises(ISLINGTON), [], 'not twice as many')
  t.strictSame(await rises('LBC_ENFIELD'), [], 'nine are few, and this week is not over')
  t.strictSame(await rises(HACKNEY), [], 'whom none of them concerns')
  desk.at('2026-12-21T07:00:00.000Z')
  await timers.fireDue()
  t.equal((await rises(BARNET)).length, 1, 'fewer are no rise')
})
