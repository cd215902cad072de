import t from 'tap'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { aFlow } from '../support/api-caller.ts'

const CAMDEN: Person = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' }
const ADMIN: Person = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' }

t.test('groups of organisations', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const path = '/v1/organisation-groups/NCL_BOROUGHS'
  const NCL = {
    name: 'NCL boroughs',
    other_names: ['North Central London boroughs'],
    members: [
      { org: 'LBC_ISLINGTON' },
      { org: 'LBC_ENFIELD', to: '2026-10-31' },
      { org: 'LBC_BARNET', from: '2026-12-01' },
      { org: 'LBC_HARINGEY', from: '2026-01-01', to: '2026-12-31' },
    ],
  }
  const put = (body: object, as = CAMDEN, at = path) => call(as, 'PUT', at, body, { 'if-match': '*' })
  const membersOn = async (on: string) => (await call(CAMDEN, 'GET', `${path}?on=${on}`)).body.members_on

  t.test('a group resolves to its members on a London day, both ends of a stay included', async (t) => {
    const made = await put(NCL)
    t.equal(made.status, 201, made.text)
    t.match(made.body, { kept_by: 'LBC_CAMDEN', on: '2026-11-22', members_on: ['LBC_ISLINGTON', 'LBC_HARINGEY'] })
    t.same(await membersOn('2026-10-31'), ['LBC_ISLINGTON', 'LBC_ENFIELD', 'LBC_HARINGEY'])
    t.same(await membersOn('2026-12-01'), ['LBC_ISLINGTON', 'LBC_BARNET', 'LBC_HARINGEY'])
    t.same(await membersOn('2027-01-01'), ['LBC_ISLINGTON', 'LBC_BARNET'])
  })

  t.test('today is the day in London, not in UTC', async (t) => {
    await put({ name: 'Summer', members: [{ org: 'LBC_BRENT', from: '2027-06-02' }] }, CAMDEN, '/v1/organisation-groups/SUMMER')
    desk.at('2027-06-01T22:59:59.999Z')
    t.same((await call(CAMDEN, 'GET', '/v1/organisation-groups/SUMMER')).body.members_on, [])
    desk.at('2027-06-01T23:00:00.000Z')
    t.same((await call(CAMDEN, 'GET', '/v1/organisation-groups/SUMMER')).body.members_on, ['LBC_BRENT'])
    desk.at('2026-11-22T12:00:00.000Z')
  })

  t.test('whoever made a group, or an administrator, says who is in it; the state that was read is named', async (t) => {
    t.equal((await put(NCL, { org: 'LBC_BARNET', role: 'IG_OFFICER' })).status, 403)
    t.equal((await call(CAMDEN, 'PUT', path, NCL)).status, 428)
    t.equal((await call(CAMDEN, 'PUT', path, NCL, { 'if-match': '"99"' })).status, 412)
    const etag = String((await call(CAMDEN, 'GET', path)).headers['etag'])
    t.equal((await call(ADMIN, 'PUT', path, NCL, { 'if-match': etag })).status, 200)
    t.same(
      (await call(CAMDEN, 'GET', `${path}/history`)).body.acts.map(({ act }: { act: string }) => act),
      ['make'],
      'others did what they did',
    )
    t.same(
      (await call(ADMIN, 'GET', `${path}/history`)).body.acts.map(({ act }: { act: string }) => act),
      ['make', 'change'],
    )
  })

  t.test('what cannot be a group is refused', async (t) => {
    const at = '/v1/organisation-groups/OTHER'
    const cases = [
      [{ name: 'ncl BOROUGHS', members: [] }, 409, 'KNOWN_NAME'],
      [{ name: 'Camden Council', members: [] }, 409, 'KNOWN_NAME'],
      [{ name: 'Other', members: [{ org: 'NOBODY' }] }, 422, 'UNKNOWN_ORGANISATION'],
      [{ name: 'Other', members: [{ org: 'LBC_BRENT', from: '2027-01-01', to: '2026-01-01' }] }, 422, 'ENDS_BEFORE_IT_BEGINS'],
      [
        {
          name: 'Other',
          members: [
            { org: 'LBC_BRENT', to: '2026-05-01' },
            { org: 'LBC_BRENT', from: '2026-05-01' },
          ],
        },
        422,
        'DUPLICATE',
      ],
    ] as const
    for (const [body, status, code] of cases) {
      const reply = await put(body, CAMDEN, at)
      t.match([reply.status, reply.body.errors?.[0]?.code], [status, code], reply.text)
    }
    t.equal((await call(CAMDEN, 'GET', at)).status, 404)
  })

  t.test('a group named in a draft is written out as its members of that day, and shown as what they came from', async (t) => {
    const { id } = await desk.draft()
    const parties = [...['LBC_CAMDEN', 'LBC_HACKNEY'], 'group:NCL_BOROUGHS'].map((org) => ({ org, role: 'CONTROLLER', capacities: [] }))
    const drafted = await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/parties`, { parties }, { 'if-match': '*' })
    t.equal(drafted.status, 200, drafted.text.slice(0, 400))
    t.same(
      drafted.body.parties.map(({ org }: { org: string }) => org),
      ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_HARINGEY'],
    )
    const flow = aFlow({ recipients: ['LBC_HACKNEY', 'group:NCL_BOROUGHS'] })
    const flowed = await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/flows`, { flows: [flow] }, { 'if-match': '*' })
    t.equal(flowed.status, 200, flowed.text.slice(0, 400))
    const [version] = flowed.body.versions
    t.same(version.terms.flows[0].recipients, ['LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_HARINGEY'])
    const note = { group: 'NCL_BOROUGHS', on: '2026-11-22', members: ['LBC_ISLINGTON', 'LBC_HARINGEY'] }
    t.same(version.filled_groups, [
      { at: '/parties', ...note },
      { at: '/flows/F1/recipients', ...note },
    ])

    await put({ ...NCL, members: [{ org: 'LBC_BARNET' }] })
    const later = await call(CAMDEN, 'GET', `/v1/agreements/${id}`)
    t.same(later.body.parties, flowed.body.parties, 'who joins or leaves the group changes no text')
    t.same(later.body.versions, flowed.body.versions)
    const single = await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/flows/F1`, aFlow({ recipients: ['LBC_HACKNEY'] }), {
      'if-match': '*',
    })
    t.same(
      single.body.versions[0].filled_groups,
      [{ at: '/parties', ...note }],
      'what is written anew without the group is not shown as the group',
    )
  })

  t.test('a group that is not there, that is empty, or whose members take no part is refused by name', async (t) => {
    const { id } = await desk.draft()
    await put({ name: 'Nobody yet', members: [] }, CAMDEN, '/v1/organisation-groups/EMPTY')
    const parties = (org: string) =>
      call(
        CAMDEN,
        'PUT',
        `/v1/agreements/${id}/draft/parties`,
        { parties: ['LBC_CAMDEN', 'LBC_HACKNEY', org].map((one) => ({ org: one, role: 'CONTROLLER', capacities: [] })) },
        { 'if-match': '*' },
      )
    t.match((await parties('group:NO_SUCH')).body, { status: 422, errors: [{ code: 'UNKNOWN_GROUP', pointer: '/parties/2' }] })
    t.match((await parties('group:EMPTY')).body, { status: 422, errors: [{ code: 'EMPTY_GROUP' }] })
    const flow = await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/flows/F1`, aFlow({ recipients: ['group:NCL_BOROUGHS'] }), {
      'if-match': '*',
    })
    t.match(flow.body, { status: 422, errors: [{ code: 'NOT_A_PARTY', detail: /LBC_BARNET/ }] })
  })
})
