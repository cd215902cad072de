import t from 'tap'
import { type ApiReply, aDraft, aFlow, personOf } from '../support/api-caller.ts'
import { demoContent, testService } from '../support/service.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

t.test('the list of agreements', async (t) => {
  const service = await testService(t, { clock: () => NOW })
  const auditor = await personOf(service, 'LBC_SUTTON', ['AUDITOR'])
  const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const stored = demoContent().agreements.map(({ agreement }) => agreement)
  const idsOf = (reply: ApiReply) => reply.body.agreements.map(({ id }: { id: string }) => id) as string[]
  const list = async (query: string, caller = auditor) => {
    const reply = await caller('GET', `/v1/agreements?limit=100&${query}`)
    t.equal(reply.status, 200, `${query}: ${reply.text.slice(0, 300)}`)
    return reply
  }
  const idsWhere = (holds: (agreement: (typeof stored)[number]) => boolean) =>
    stored
      .filter(holds)
      .map(({ id }) => id)
      .toSorted()

  t.test('an auditor sees all of them, a party its own', async (t) => {
    t.same(
      idsOf(await list('sort=id')),
      idsWhere(() => true),
    )
    const own = idsWhere((agreement) => agreement.parties.some(({ org }) => org === 'LBC_CAMDEN') || agreement.owner_org === 'LBC_CAMDEN')
    t.ok(own.length > 0 && own.length < stored.length)
    t.same(idsOf(await list('sort=id', camden)), own)
  })

  t.test('each filter keeps what it says and nothing else', async (t) => {
    const flows = (agreement: (typeof stored)[number]) => agreement.versions.flatMap(({ terms }) => terms.flows)
    const takesPart = (org: string) => (agreement: (typeof stored)[number]) => agreement.parties.some((party) => party.org === org)
    const expected: Readonly<Record<string, string[]>> = {
      'party=MPS': idsWhere(takesPart('MPS')),
      'party=MPS&partner=LBC_CAMDEN': idsWhere((agreement) => takesPart('MPS')(agreement) && takesPart('LBC_CAMDEN')(agreement)),
      'purpose=HOMELESSNESS': idsWhere((agreement) =>
        flows(agreement).some(({ purpose }) => purpose === 'HOMELESSNESS' || purpose.startsWith('HOMELESSNESS.')),
      ),
      'purpose=HOMELESSNESS.PLACEMENT_NOTIFICATION': idsWhere((agreement) =>
        flows(agreement).some(({ purpose }) => ['HOMELESSNESS', 'HOMELESSNESS.PLACEMENT_NOTIFICATION'].includes(purpose)),
      ),
      'lawful_basis=6(1)(c)': idsWhere((agreement) =>
        flows(agreement).some(({ legal }) => legal.provider.art6.includes('6(1)(c)') || legal.recipient?.art6.includes('6(1)(c)')),
      ),
      'category=HOUSING': idsWhere((agreement) =>
        flows(agreement).some(({ data_items, category_grant }) =>
          [...data_items, ...category_grant].some((item) => item === 'HOUSING' || item.startsWith('HOUSING.')),
        ),
      ),
      'review_due_before=2026-06-01': idsWhere(({ review_due }) => review_due !== null && review_due < '2026-06-01'),
      'origin=ACCORD': idsWhere(({ origin }) => origin === 'ACCORD'),
      'origin=ELSEWHERE': idsWhere(({ origin }) => origin === 'ELSEWHERE'),
      'state=ACTIVE': idsWhere(
        ({ status, terminated_at }) => status === 'ACTIVE' && (terminated_at === null || new Date(terminated_at) > NOW),
      ),
      'state=TERMINATED': idsWhere(
        ({ status, terminated_at }) => status === 'TERMINATED' || (terminated_at !== null && new Date(terminated_at) <= NOW),
      ),
      'party=LBC_ATLANTIS': [],
    }
    for (const [filter, ids] of Object.entries(expected)) t.same(idsOf(await list(`sort=id&${filter}`)), ids, filter)
    for (const some of ['party=MPS', 'purpose=HOMELESSNESS', 'category=HOUSING', 'lawful_basis=6(1)(c)'])
      t.ok((expected[some]?.length ?? 0) > 0 && (expected[some]?.length ?? 0) < stored.length, `${some} tells them apart`)
  })

  t.test('a class of data finds the items that are of it', async (t) => {
    const items = service.app.services.reference.list('DATA_ITEM')
    const criminal = new Set((await items)?.entries.filter((entry) => entry.attributes['class'] === 'CRIMINAL').map(({ code }) => code))
    const ids = idsWhere(({ versions }) =>
      versions.some(({ terms }) =>
        terms.flows.some(({ data_items, category_grant }) => [...data_items, ...category_grant].some((item) => criminal.has(item))),
      ),
    )
    t.ok(ids.length > 0 && ids.length < stored.length)
    t.same(idsOf(await list('sort=id&category=CRIMINAL')), ids)
  })

  t.test('a derived state is worked out at the time of asking, and what is listed says so', async (t) => {
    const expired = (await list('state=EXPIRED&sort=id')).body.agreements
    const inForce = (await list('state=IN_FORCE&sort=id')).body.agreements
    t.ok(expired.length > 0 && inForce.length > 0)
    t.ok(expired.every(({ derived }: { derived: string[] }) => derived.includes('EXPIRED') && !derived.includes('IN_FORCE')))
    t.ok(inForce.every(({ derived }: { derived: string[] }) => derived.includes('IN_FORCE')))
    const [one] = inForce
    const before = await auditor('GET', `/v1/agreements/${one.id}?at=1990-01-01T00:00:00Z`)
    t.same([before.body.at, before.body.derived, before.body.governing_version], ['1990-01-01T00:00:00.000Z', ['NOT_YET_EFFECTIVE'], null])
  })

  t.test('pages of any size, in any order, hold everything once', async (t) => {
    for (const query of [
      'sort=id',
      'sort=title',
      'sort=review_due',
      'sort=updated',
      'q=borough',
      'q=borough&state=IN_FORCE',
      'state=EXPIRED&sort=title',
    ]) {
      const whole = idsOf(await list(query))
      for (const limit of [1, 3, 7]) {
        const seen: string[] = []
        let cursor: string | null = ''
        for (let pages = 0; cursor !== null && pages < 200; pages++) {
          const reply = await auditor('GET', `/v1/agreements?limit=${limit}&${query}${cursor ? `&cursor=${cursor}` : ''}`)
          t.ok(idsOf(reply).length <= limit)
          seen.push(...idsOf(reply))
          cursor = reply.body.next_cursor
        }
        t.same(seen, whole, `${query} by ${limit}`)
      }
    }
    const titles = (await list('sort=title')).body.agreements.map(({ title }: { title: string }) => title.toLowerCase())
    t.same(
      titles,
      titles.toSorted((a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)),
    )
  })

  t.test('a cursor of another order, or of nobody, is refused', async (t) => {
    const { next_cursor } = (await auditor('GET', '/v1/agreements?limit=1&sort=id')).body
    for (const query of [`sort=title&cursor=${next_cursor}`, 'sort=id&cursor=abc', 'sort=id&cursor=WzEsMl0']) {
      const reply = await auditor('GET', `/v1/agreements?${query}`)
      t.same([reply.status, reply.body.errors?.[0].pointer], [400, '/query/cursor'], query)
    }
    t.equal((await auditor('GET', '/v1/agreements?sort=relevance')).status, 400, 'relevance to nothing')
    t.equal((await auditor('GET', '/v1/agreements?colour=red')).status, 400)
  })

  t.test('words find titles, sections, purposes, and parties by the names people use', async (t) => {
    const withMet = idsWhere((agreement) => agreement.parties.some(({ org }) => org === 'MPS'))
    const found = idsOf(await list('q=the%20Met'))
    t.same(found.slice(0, withMet.length).toSorted(), withMet, 'agreements of the Met come before those that merely meet')
    const towerHamlets = idsWhere((agreement) => agreement.parties.some(({ org }) => org === 'LBC_TOWER_HAMLETS'))
    t.ok(towerHamlets.length > 0)
    t.same(
      idsOf(await list('q=LBTH'))
        .slice(0, towerHamlets.length)
        .toSorted(),
      towerHamlets,
    )
    t.ok(idsOf(await list('q=homeless%20household')).includes('DEMO-CURL'), 'a word of a section, in another form')
    t.same(idsOf(await list('q=placement%20-homeless&party=LBC_HACKNEY')).includes('DEMO-CURL'), false)
    t.same(idsOf(await list('q=xyzzy')), [])
    t.same(idsOf(await list(`q=${encodeURIComponent('!!! &')}`)), [])
  })

  t.test('an exact reference comes first, whatever else names it', async (t) => {
    const { id, etag } = await aDraft(camden, 'Follows DEMO-CURL and DEMO-CURL again: demo curl')
    const narrative = { purpose: 'DEMO-CURL demo curl demo curl' }
    await camden('PUT', `/v1/agreements/${id}/draft/narrative`, { ifMatch: etag, body: narrative })
    const found = idsOf(await list('q=demo-curl'))
    t.equal(found[0], 'DEMO-CURL')
    t.ok(found.includes(id))
  })

  t.test('a draft is found by what was written last, and "mine" is what the own organisation keeps', async (t) => {
    const { id, etag } = await aDraft(camden, 'Quokkas')
    t.same(idsOf(await list('q=quokka', camden)), [id])
    const details = {
      instrument_type: 'CONTROLLER_TO_CONTROLLER',
      review_due: null,
      review_policy: 'WARN',
      review_grace_days: 0,
      review_cycle_months: null,
    }
    const renamed = await camden('PUT', `/v1/agreements/${id}/draft/details`, { ifMatch: etag, body: { ...details, title: 'Wombats' } })
    t.equal(renamed.status, 200, renamed.text)
    t.same(idsOf(await list('q=quokka', camden)), [])
    t.same(idsOf(await list('q=wombat', camden)), [id])
    await camden('PUT', `/v1/agreements/${id}/draft/flows`, {
      ifMatch: renamed.etag,
      body: { flows: [aFlow({ purpose: 'TRADING_STANDARDS' })] },
    })
    const mine = await list('mine=true&state=DRAFT&sort=id', camden)
    t.ok(idsOf(mine).includes(id))
    t.ok(mine.body.agreements.every(({ owner_org }: { owner_org: string }) => owner_org === 'LBC_CAMDEN'))
    const hackney = await personOf(service, 'LBC_HACKNEY', ['IG_OFFICER'])
    t.ok(idsOf(await list('state=DRAFT', hackney)).includes(id), 'it is a party of it')
    t.notOk(idsOf(await list('mine=true', hackney)).includes(id))
  })
})
