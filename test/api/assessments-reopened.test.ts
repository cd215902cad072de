import t from 'tap'
import { withTransaction } from '../../src/platform/database/database.ts'
import type { CodeListEntry } from '../../src/reference/code-list.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { assessingDesk } from '../support/assessing-desk.ts'

// An approved assessment is opened again by the service where the share, or the date, calls for it (DP-6).

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const
const ANY = { 'if-match': '*' }

t.test('a change of the share opens it again with a record of why, its controllers are told, and what was accepted holds', async (t) => {
  const desk = await agreementDesk(t)
  const dpia = assessingDesk(desk)
  const { timers } = desk.service.app.services
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })
  const id = await dpia.begin(agreement.id)
  const accepted = async () => {
    await dpia.send(id)
    for (const org of [CAMDEN, HACKNEY]) for (const act of [dpia.advise, dpia.accept]) t.equal((await act.call(dpia, id, org)).status, 200)
  }
  await dpia.written(id)
  await accepted()
  const { hash } = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, 1, hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')

  await timers.fireDue()
  t.match(await dpia.read(id), { state: 'APPROVED', reopened: null }, 'it is looked at and nothing is new')

  await t.test('a controller that joins is asked to accept it for itself, once, and signs when it has (DP-7)', async (t) => {
    const joining = { org: BARNET, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] }
    t.equal((await desk.call(OFFICER, 'POST', `/v1/agreements/${agreement.id}/accessions`, joining)).status, 201)
    await Promise.all([timers.fireDue(), timers.fireDue()])
    const { sign_off } = await dpia.read(id)
    const { notices } = (await desk.call({ org: BARNET, role: 'DPO' }, 'GET', '/v1/notices')).body
    t.equal(notices.filter((one: { kind: string }) => one.kind === 'ASSESSMENT_REVIEW_DUE').length, 1)
    const early = await desk.sign(agreement.id, BARNET, 1, hash)
    t.match(early, { status: 422 }, early.text)
    for (const act of [dpia.advise, dpia.accept]) t.equal((await act.call(dpia, id, BARNET)).status, 200)
    t.match(await dpia.read(id), { state: 'APPROVED', approved_version: 1, sign_off, reopened: null })
    t.equal((await desk.sign(agreement.id, BARNET, 1, hash)).status, 201)
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
    await timers.fireDue()
    t.match(await dpia.read(id), { state: 'APPROVED', reopened: null })
  })
  t.equal((await desk.call(OFFICER, 'POST', `/v1/agreements/${agreement.id}/amendments`, { reason: 'A new method' }, ANY)).status, 201)
  await timers.fireDue()
  t.match(await dpia.read(id), { state: 'APPROVED' }, 'nor in an amendment that says the same')

  const { versions } = (await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}`)).body
  const [flow] = versions.at(-1).terms.flows
  const edited = await desk.call(
    OFFICER,
    'PUT',
    `/v1/agreements/${agreement.id}/draft/flows/${flow.id}`,
    { ...flow, methods: [...flow.methods, 'SFTP'] },
    ANY,
  )
  t.equal(edited.status, 200, edited.text)
  await Promise.all([timers.fireDue(), timers.fireDue()])
  t.match(await dpia.read(id), {
    ...{ state: 'IN_REVIEW', approved_version: 1 },
    reopened: { reason: 'NEW_TECHNOLOGY', note: /A technology is new: new: technology SFTP \(F1\)/ },
  })
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'what was accepted holds until its review')
  for (const org of [CAMDEN, HACKNEY]) {
    const { notices } = (await desk.call({ org, role: 'DPO' }, 'GET', '/v1/notices')).body
    const ours = notices.filter((one: { kind: string }) => one.kind === 'ASSESSMENT_REOPENED' && JSON.stringify(one).includes(id))
    t.equal(ours.length, 1, `${org} is told once`)
  }
  t.match(await dpia.write(id, 'PUT', '/review', { due: '2027-11-20', kept_by: 'Manager' }), { status: 200 }, 'and it is written anew')
  await accepted()
  t.match(await dpia.read(id), { state: 'APPROVED', approved_version: 2, reopened: null })
  await timers.fireDue()
  t.match(await dpia.read(id), { state: 'APPROVED' }, 'it is about the draft now')

  await t.test('law under the same code: explained in other words it opens nothing, with another effect it does', async (t) => {
    const { reference } = desk.service.app.services
    const edition = async (change: (entry: CodeListEntry) => Partial<CodeListEntry>) => {
      const lists = (await reference.lists()).map((list) => ({
        ...list,
        entries: list.entries.flatMap(({ local, owner_org: _org, ...entry }) =>
          local
            ? []
            : [list.list === 'GATEWAY' && flow.legal.provider.gateways.includes(entry.code) ? { ...entry, ...change(entry) } : entry],
        ),
      }))
      await withTransaction(desk.service.app.services.db, (tx) => reference.store(tx, lists))
      await timers.fireDue()
    }
    desk.at('2026-12-10T06:00:00.000Z')
    await edition(({ attributes }) => ({ label: 'In other words', attributes: { ...attributes, limits: 'At more length.' } }))
    t.match(await dpia.read(id), { state: 'APPROVED', reopened: null })
    desk.at('2026-12-11T06:00:00.000Z')
    await edition(({ attributes }) => ({ attributes: { ...attributes, requires_request: true } }))
    t.match(await dpia.read(id), {
      reopened: { reason: 'LAW_CHANGE', note: /In other words .* says something else now: requires request/ },
    })
    await accepted()
    desk.at('2026-12-12T06:00:00.000Z')
    await timers.fireDue()
    t.match(await dpia.read(id), { state: 'APPROVED', approved_version: 3, reopened: null }, 'it was written with the law as it is')
  })

  desk.at('2027-11-20T06:00:00.000Z')
  await timers.fireDue()
  t.match(await dpia.read(id), { state: 'IN_REVIEW', reopened: { reason: 'REVIEW_DATE', note: /its review is due on 2027-11-20/ } })
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'to the end of its last day')
})
