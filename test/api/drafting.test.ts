import t from 'tap'
import { aDraft, aFlow, databaseOf, personOf, TWO_PARTIES } from '../support/api-caller.ts'
import { testService } from '../support/service.ts'

t.test('drafting', async (t) => {
  const service = await testService(t)
  const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER', 'DPO'])
  const hackney = await personOf(service, 'LBC_HACKNEY', ['IG_OFFICER'])
  const leaves = async (id: string) => {
    const { pool } = await databaseOf(service).openAs('session_user', 1)
    const { rows } = await pool.query(
      `select convert_from(leaf, 'utf8')::jsonb as leaf from audit.leaf where convert_from(leaf, 'utf8') like '%agreement:' || $1 || '"%' order by idx`,
      [id],
    )
    return rows.map((row) => row.leaf)
  }

  t.test('a draft begins empty, kept by the organisation of whoever began it, which is its first party', async (t) => {
    const begun = await camden('POST', '/v1/agreements', { body: { title: 'A new share', instrument_type: 'CONTROLLER_TO_CONTROLLER' } })
    t.equal(begun.status, 201, begun.text)
    t.match(begun.body.id, /^DSA-\d{4}-[0-9A-HJKMNP-TV-Z]{6}$/)
    t.equal(begun.headers['location'], `/v1/agreements/${begun.body.id}`)
    t.match(begun.etag, /^"\d+"$/)
    t.same(
      [begun.body.owner_org, begun.body.status, begun.body.draft_version, begun.body.governing_version],
      ['LBC_CAMDEN', 'DRAFT', 1, null],
    )
    t.same(
      begun.body.parties.map((party: { org: string }) => party.org),
      ['LBC_CAMDEN'],
    )
    t.same(begun.body.dpia.required, true, 'an assessment is required until somebody says otherwise')
    const read = await camden('GET', `/v1/agreements/${begun.body.id}`)
    t.equal(read.status, 200)
    t.equal(read.etag, begun.etag, 'the reply of the act names the state that is read')
    const { at: _1, ...asRead } = read.body
    const { at: _2, overlaps, ...asBegun } = begun.body
    t.same(overlaps, [], 'an empty draft overlaps with nothing')
    t.same(asRead, asBegun)
  })

  t.test('every part is written by itself, and reads back as it was written', async (t) => {
    const { id, etag } = await aDraft(camden)
    let ifMatch = etag
    const put = async (part: string, body: unknown) => {
      const reply = await camden('PUT', `/v1/agreements/${id}/draft/${part}`, { body, ifMatch })
      t.equal(reply.status, 200, `${part}: ${reply.text}`)
      t.not(reply.etag, ifMatch, `${part} moves the ETag`)
      ifMatch = reply.etag
      return reply.body
    }
    const details = {
      title: 'Placements',
      instrument_type: 'JOINT_CONTROLLER',
      review_due: '2027-12-01',
      review_policy: 'WARN',
      review_grace_days: 10,
      review_cycle_months: 12,
    }
    t.match(await put('details', details), details)
    t.match((await put('dates', { effective_from: '2027-01-01', effective_to: '2028-12-31' })).versions[0], {
      effective_from: '2027-01-01',
      effective_to: '2028-12-31',
    })
    t.match((await put('flows', { flows: [aFlow(), aFlow({ id: 'F2', providers: ['ALL_SIGNED_BOROUGHS'] })] })).versions[0].terms.flows, [
      { ...aFlow(), data_form: 'IDENTIFIABLE', transfers: {}, consent_required: false },
      { id: 'F2', providers: ['ALL_SIGNED_BOROUGHS'] },
    ])
    t.equal((await put('flows/F2', aFlow({ id: 'F2', purpose: 'HOMELESSNESS' }))).versions[0].terms.flows[1].purpose, 'HOMELESSNESS')
    t.equal((await put('flows/F3', aFlow({ id: 'F3' }))).versions[0].terms.flows.length, 3)
    const removed = await camden('DELETE', `/v1/agreements/${id}/draft/flows/F2`, { ifMatch })
    t.same(
      removed.body.versions[0].terms.flows.map((flow: { id: string }) => flow.id),
      ['F1', 'F3'],
    )
    ifMatch = removed.etag
    await put('amendment-policy', { amendment_policy: 'NOTICE_PERIOD', notice_days: 28 })
    t.same((await put('narrative', { purpose: 'Why', benefits: 'For whom' })).versions[0].terms.narrative, {
      purpose: 'Why',
      benefits: 'For whom',
      amendment_policy: 'NOTICE_PERIOD(28)',
    })
    t.same((await put('commencement', { rule: 'THRESHOLD', n: 2 })).versions[0].terms.commencement, { rule: 'THRESHOLD', n: 2 })
    t.same((await put('commencement', { rule: 'PAIRWISE' })).versions[0].terms.commencement, { rule: 'PAIRWISE' })
    t.same((await put('prohibitions', { prohibitions: [{ purposes: ['IMMIGRATION_CONTROL'] }] })).versions[0].terms.prohibitions, [
      { purposes: ['IMMIGRATION_CONTROL'], note: null },
    ])
    t.same((await put('agents', { agents: [{ org: 'MPS', for: 'LBC_CAMDEN', valid_from: '2027-01-01' }] })).versions[0].terms.agents, [
      { org: 'MPS', for: 'LBC_CAMDEN', contract_ref: null, valid_from: '2027-01-01', valid_to: null },
    ])
    const arrangement = { responsibilities: 'Camden informs people.', contact_point: 'Camden', essence_url: 'https://example.org' }
    t.same(
      (await put('joint-controller-arrangement', { joint_controller_arrangement: arrangement })).versions[0].terms
        .joint_controller_arrangement,
      arrangement,
    )
    t.match(
      (await put('policy-documents', { policy_documents: [{ party: 'LBC_CAMDEN', conditions: ['PART3_S42'], document_ref: 'APD 4' }] }))
        .apd,
      [{ party: 'LBC_CAMDEN', conditions: ['PART3_S42'], document_ref: 'APD 4', review_on: null }],
    )
    t.equal((await camden('GET', `/v1/agreements/${id}`)).etag, ifMatch)
  })

  t.test('the Art 28 checklist is ticked clause by clause; whether it is complete is worked out', async (t) => {
    const { id, etag } = await aDraft(camden)
    const clauses = (await camden('GET', '/v1/reference/art28-clause')).body.entries.map((entry: { code: string }) => entry.code)
    const url = `/v1/agreements/${id}/draft/processor-contract`
    const most = await camden('PUT', url, {
      ifMatch: etag,
      body: { processor_contract: { clauses: clauses.slice(1), approved_sub_processors: [] } },
    })
    t.match(most.body.versions[0].terms.processor_contract, { art28_complete: false, missing: [clauses[0]] })
    const all = await camden('PUT', url, {
      ifMatch: most.etag,
      body: { processor_contract: { clauses, approved_sub_processors: ['MPS'] } },
    })
    t.same(all.body.versions[0].terms.processor_contract, { art28_complete: true, missing: [], approved_sub_processors: ['MPS'] })
    const none = await camden('PUT', url, { ifMatch: all.etag, body: { processor_contract: null } })
    t.equal(none.body.versions[0].terms.processor_contract, null)
  })

  t.test('an assessment is recorded by hand by an officer or the DPO, says so, and keeps what it was before', async (t) => {
    const { id, etag } = await aDraft(camden)
    const url = `/v1/agreements/${id}/draft/dpia`
    const body = {
      required: true,
      status: 'DPO_ADVICE_REQUESTED',
      residual: 'LOW',
      prior_consultation: 'NOT_REQUIRED',
      review_due: '2027-12-01',
    }
    const legal = await personOf(service, 'LBC_CAMDEN', ['LEGAL'])
    t.equal((await legal('PUT', url, { ifMatch: etag, body })).status, 403)
    const dpo = await personOf(service, 'LBC_CAMDEN', ['DPO'])
    const first = await dpo('PUT', url, { ifMatch: etag, body })
    t.equal(first.status, 200, first.text)
    t.match(first.body.dpia, { ...body, source: 'RECORDED_BY_HAND' })
    const second = await dpo('PUT', url, { ifMatch: first.etag, body: { ...body, status: 'IN_REVIEW' } })
    t.same(
      second.body.dpia.status_changes.map((change: { status: string }) => change.status),
      ['DPO_ADVICE_REQUESTED', 'IN_REVIEW'],
    )
    t.equal(second.body.dpia.status, 'IN_REVIEW')
    const same = await dpo('PUT', url, { ifMatch: second.etag, body: { ...body, status: 'IN_REVIEW', residual: 'HIGH' } })
    t.equal(same.body.dpia.status_changes.length, 2, 'the same state is no change')
    const alone = await dpo('PUT', url, { ifMatch: same.etag, body: { ...body, status: 'APPROVED' } })
    t.match(alone, { status: 409, body: { errors: [{ code: 'DP-4', pointer: '/status' }] } }, 'nobody approves it alone')
  })

  t.test('a change says which state it means: 428 without If-Match, 412 on a stale one, nothing changed', async (t) => {
    const { id, etag } = await aDraft(camden)
    const url = `/v1/agreements/${id}/draft/dates`
    const body = { effective_from: '2027-01-01', effective_to: null }
    t.equal((await camden('PUT', url, { body })).status, 428)
    t.equal((await camden('PUT', url, { body, ifMatch: '"1"' })).status, 412)
    t.equal((await camden('GET', `/v1/agreements/${id}`)).etag, etag)
    t.equal((await camden('PUT', url, { body, ifMatch: etag })).status, 200)
  })

  t.test('of two edits at once on one ETag, one is done and the other hears that the agreement has changed', async (t) => {
    const { id, etag } = await aDraft(camden)
    const edit = (day: string) =>
      camden('PUT', `/v1/agreements/${id}/draft/dates`, { ifMatch: etag, body: { effective_from: day, effective_to: null } })
    const replies = await Promise.all([edit('2027-01-01'), edit('2027-02-01'), edit('2027-03-01'), edit('2027-04-01')])
    t.same(replies.map(({ status }) => status).toSorted(), [200, 412, 412, 412])
    const winner = replies.find(({ status }) => status === 200)
    const read = await camden('GET', `/v1/agreements/${id}`)
    t.equal(read.body.versions[0].effective_from, winner?.body.versions[0].effective_from)
    t.equal(read.etag, winner?.etag)
  })

  t.test('another party reads the draft and does not write its text (WF-4)', async (t) => {
    const { id, etag } = await aDraft(camden)
    t.equal((await hackney('GET', `/v1/agreements/${id}`)).status, 200)
    const refused = await hackney('PUT', `/v1/agreements/${id}/draft/dates`, {
      ifMatch: etag,
      body: { effective_from: null, effective_to: null },
    })
    t.equal(refused.status, 403)
    t.equal(refused.body.errors[0].code, 'WF-4')
    t.equal((await camden('GET', `/v1/agreements/${id}`)).etag, etag)
  })

  t.test('each party keeps its own contacts and policy documents, and no other party touches them', async (t) => {
    const { id, etag } = await aDraft(camden)
    const barnet = await personOf(service, 'LBC_BARNET', ['IG_OFFICER'])
    const own = await hackney('PUT', `/v1/agreements/${id}/parties/LBC_HACKNEY/contacts`, {
      ifMatch: etag,
      body: { ig: 'IG team', breach: 'Duty desk' },
    })
    t.equal(own.status, 200, own.text)
    t.same(own.body.parties[1].contacts, { ig: 'IG team', breach: 'Duty desk' })
    const foreign = await hackney('PUT', `/v1/agreements/${id}/parties/LBC_CAMDEN/contacts`, { ifMatch: own.etag, body: { ig: 'us' } })
    t.equal(foreign.status, 403)
    t.equal((await barnet('PUT', `/v1/agreements/${id}/parties/LBC_BARNET/contacts`, { ifMatch: own.etag, body: {} })).status, 404)
    const kept = await camden('PUT', `/v1/agreements/${id}/draft/parties`, { ifMatch: own.etag, body: { parties: TWO_PARTIES } })
    t.same(kept.body.parties[1].contacts, { ig: 'IG team', breach: 'Duty desk' }, 'contacts that are left out stay')
    const documents = (party: string) => ({ policy_documents: [{ party, conditions: ['PART3_S42'] }] })
    t.equal(
      (await hackney('PUT', `/v1/agreements/${id}/draft/policy-documents`, { ifMatch: kept.etag, body: documents('LBC_CAMDEN') })).status,
      403,
    )
    t.equal(
      (await hackney('PUT', `/v1/agreements/${id}/draft/policy-documents`, { ifMatch: kept.etag, body: documents('LBC_HACKNEY') })).status,
      200,
    )
  })

  t.test('what does not exist is refused with its place and rule', async (t) => {
    const { id, etag } = await aDraft(camden)
    const refusal = async (part: string, body: unknown) => {
      const reply = await camden('PUT', `/v1/agreements/${id}/draft/${part}`, { ifMatch: etag, body })
      t.equal(reply.status, 422, `${part}: ${reply.text}`)
      return reply.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)
    }
    const withParty = (org: string, role = 'CONTROLLER') => ({ parties: [TWO_PARTIES[0], { org, role, capacities: [] }] })
    t.same(await refusal('parties', withParty('LBC_ATLANTIS')), ['/parties/1/org UNKNOWN_ORGANISATION'])
    t.same(await refusal('parties', withParty('LBC_HACKNEY', 'FRIEND')), ['/parties/1/role UNKNOWN_CODE'])
    t.same(await refusal('parties', withParty('LBC_CAMDEN')), ['/parties/1/org DUPLICATE'])
    t.same(await refusal('flows', { flows: [aFlow({ recipients: ['LBC_BARNET'] })] }), ['/flows/0/recipients/0 NOT_A_PARTY'])
    t.same(await refusal('flows', { flows: [aFlow(), aFlow()] }), ['/flows/1/id DUPLICATE'])
    t.same(await refusal('flows/F1', aFlow({ id: 'F2' })), ['/id ANOTHER_FLOW'])
    t.same(
      await refusal(
        'flows/F1',
        aFlow({
          purpose: 'FUN',
          data_items: ['IDENTITY.NAME', 'X.Y'],
          legal: { provider: { regime: 'UK_GDPR', art6: ['6(1)(z)'] }, recipient: null },
        }),
      ),
      ['/purpose UNKNOWN_CODE', '/data_items/1 UNKNOWN_CODE', '/legal/provider/art6/0 UNKNOWN_CODE'],
    )
    t.same(await refusal('agents', { agents: [{ org: 'MPS', for: 'LBC_BARNET' }] }), ['/agents/0/for NOT_A_PARTY'])
    t.same(await refusal('dates', { effective_from: '2027-02-01', effective_to: '2027-01-01' }), ['/effective_to ENDS_BEFORE_IT_BEGINS'])
    t.same(await refusal('commencement', { rule: 'THRESHOLD' }), ['/n CK-16'])
    t.same(await refusal('commencement', { rule: 'PAIRWISE', n: 2 }), ['/n CK-16'])
    t.same(await refusal('narrative', { amendment_policy: 'MINOR_NO_SIGN' }), ['/amendment_policy ANOTHER_PART'])
    t.equal((await camden('GET', `/v1/agreements/${id}`)).etag, etag, 'nothing of it was written')
  })

  t.test('why restricted data still goes, and which request a feed answers, are part of the text', async (t) => {
    const { id, etag } = await aDraft(camden)
    const put = (over: Record<string, unknown>, ifMatch = etag) =>
      camden('PUT', `/v1/agreements/${id}/draft/flows/F1`, { ifMatch, body: aFlow(over) })
    const override = { ground: 'PROTECTION_OF_ANOTHER', reason: 'A child at risk must be found.' }
    const unknown = await put({ restriction_override: { ...override, ground: 'VITAL_INTERESTS' } })
    t.match([unknown.status, unknown.body.errors], [422, [{ pointer: '/restriction_override/ground', code: 'UNKNOWN_CODE' }]])
    for (const over of [
      { restriction_override: { ...override, reason: '  ' } },
      { restriction_override: { ground: 'CONSENT' } },
      { standing_request_ref: '' },
    ])
      t.equal((await put(over)).status, 400, JSON.stringify(over))
    const reference = 'Letter of the SAB of 3 March 2026, Care Act 2014 s45'
    const written = await put({ restriction_override: override, standing_request_ref: reference })
    t.match(written.body.versions[0].terms.flows[0], { restriction_override: override, standing_request_ref: reference })
    const text = await camden('GET', `/v1/agreements/${id}/versions/1`)
    t.match(text.body.text.terms.flows[0], { restriction_override: override, standing_request_ref: reference })
    const page = await camden('GET', `/v1/agreements/${id}/versions/1/print`)
    t.match(page.text, /why restricted data still goes.*PROTECTION_OF_ANOTHER.*A child at risk must be found\./s)
    const none = await put({}, written.etag)
    t.match(none.body.versions[0].terms.flows[0], { restriction_override: null, standing_request_ref: null })
  })

  t.test('an organisation that is no more cannot become a party, and one still named in a flow cannot be dropped', async (t) => {
    const { id, etag } = await aDraft(camden)
    const { pool } = await databaseOf(service).openAs('session_user', 1)
    await pool.query(`update organisation set active_to = '2020-01-01T00:00:00Z' where code = 'LBC_BRENT'`)
    const gone = await camden('PUT', `/v1/agreements/${id}/draft/parties`, {
      ifMatch: etag,
      body: { parties: [...TWO_PARTIES, { org: 'LBC_BRENT', role: 'CONTROLLER', capacities: [] }] },
    })
    t.same([gone.status, gone.body.errors[0].code], [422, 'ORGANISATION_INACTIVE'])
    const flows = await camden('PUT', `/v1/agreements/${id}/draft/flows`, { ifMatch: etag, body: { flows: [aFlow()] } })
    const dropped = await camden('PUT', `/v1/agreements/${id}/draft/parties`, { ifMatch: flows.etag, body: { parties: [TWO_PARTIES[0]] } })
    t.same([dropped.status, dropped.body.errors[0].code], [422, 'PARTY_STILL_NAMED'])
  })

  t.test('what was made elsewhere has no draft to edit; a new draft copies its parties and terms and no signature', async (t) => {
    const source = await camden('GET', '/v1/agreements/DEMO-CURL')
    t.ok(source.body.signatures.length > 1)
    const dates = { ifMatch: source.etag, body: { effective_from: null, effective_to: null } }
    const refused = await camden('PUT', '/v1/agreements/DEMO-CURL/draft/dates', dates)
    t.same([refused.status, refused.body.code, refused.body.errors[0].code], [409, 'ILLEGAL_STATE', 'LC-1'])
    const copy = await hackney('POST', '/v1/agreements', {
      body: { title: 'Our own', instrument_type: 'CONTROLLER_TO_CONTROLLER', from_agreement: 'DEMO-CURL' },
    })
    t.equal(copy.status, 201, copy.text)
    t.same(
      copy.body.parties.map((party: { org: string }) => party.org),
      ['LBC_HACKNEY', 'LBC_CAMDEN'],
    )
    t.same(copy.body.versions[0].terms, source.body.versions[0].terms)
    t.same([copy.body.versions[0].effective_from, copy.body.signatures, copy.body.approvals, copy.body.origin], [null, [], [], 'ACCORD'])
  })

  t.test('after a version was signed, a slip in the title is mended and nothing else (LC-7)', async (t) => {
    const { title, instrument_type, review_due, review_policy, review_grace_days, review_cycle_months, ...read } = (
      await camden('GET', '/v1/agreements/DEMO-CURL')
    ).body
    t.ok(read.governing_version)
    const before = { title, instrument_type, review_due, review_policy, review_grace_days, review_cycle_months }
    const put = (over: Record<string, unknown>) =>
      camden('PUT', '/v1/agreements/DEMO-CURL/draft/details', { ifMatch: '*', body: { ...before, ...over } })
    const later = await put({ review_due: '2150-01-01' })
    t.same([later.status, later.body.errors], [409, [{ pointer: '/review_due', detail: later.body.detail, code: 'LC-7' }]])
    const other = await put({ title: 'Something else' })
    t.same([other.status, other.body.errors[0].code], [422, 'LC-7'])
    const mended = await put({ title: title.replace('Homelessness', 'Homelesness') })
    t.equal(mended.status, 200, mended.text)
    t.equal(mended.body.versions[0].hash, read.versions[0].hash, 'outside the hash')
  })

  t.test('every act is one row of history and one leaf of the log, refused ones are a leaf too', async (t) => {
    const { id, etag } = await aDraft(camden, 'Recorded')
    await hackney('PUT', `/v1/agreements/${id}/draft/dates`, { ifMatch: etag, body: { effective_from: null, effective_to: null } })
    await camden('PUT', `/v1/agreements/${id}/draft/dates`, { ifMatch: '"1"', body: { effective_from: null, effective_to: null } })
    const found = await leaves(id)
    t.same(
      found.map((leaf) => [leaf.t, leaf.act, leaf.cseq ?? null, leaf.from ?? null, leaf.to ?? null, leaf.st ?? null]),
      [
        ['gov.agreement.drafted', 'create', 1, null, 'DRAFT', null],
        ['gov.agreement.edited', 'edit', 2, 'DRAFT', 'DRAFT', null],
        ['gov.agreement.edited', 'edit', null, 'DRAFT', null, 'Refused'],
        ['gov.agreement.edited', 'edit', null, 'DRAFT', null, 'Refused'],
      ],
    )
    const { pool } = await databaseOf(service).openAs('session_user', 1)
    const { rows } = await pool.query(
      'select sequence::int, act, actor_org, version, detail from agreement_act where agreement_id = $1 order by sequence',
      [id],
    )
    t.match(rows, [
      { sequence: 1, act: 'create', actor_org: 'LBC_CAMDEN', version: 1, detail: { title: 'Recorded' } },
      { sequence: 2, act: 'edit', version: 1, detail: { part: 'parties', changes: { LBC_HACKNEY: 'added' } } },
    ])
  })

  t.test('text that can be neither stored nor signed is refused with its place', async (t) => {
    const { id, etag } = await aDraft(camden)
    for (const text of ['a\0b', 'a\ud800b']) {
      const written = await camden('PUT', `/v1/agreements/${id}/draft/narrative`, { ifMatch: etag, body: { purpose: text } })
      t.same([written.status, written.body.errors[0].pointer], [400, '/purpose'])
    }
    const searched = await camden('GET', '/v1/agreements?q=a%00b')
    t.same([searched.status, searched.body.errors[0].pointer], [400, '/query/q'])
  })

  t.test('a machine and an auditor write nothing', async (t) => {
    const auditor = await personOf(service, 'LBC_CAMDEN', ['AUDITOR'])
    const body = { title: 'No', instrument_type: 'CONTROLLER_TO_CONTROLLER' }
    t.equal((await auditor('POST', '/v1/agreements', { body })).status, 403)
    const machine = await personOf(service, 'LBC_CAMDEN', ['API_CLIENT'])
    t.equal((await machine('POST', '/v1/agreements', { body })).status, 403)
    const unknown = await camden('POST', '/v1/agreements', { body: { ...body, instrument_type: 'HANDSHAKE' } })
    t.same([unknown.status, unknown.body.errors[0].pointer], [422, '/instrument_type'])
    const nowhere = await (await personOf(service, 'LBC_ATLANTIS', ['IG_OFFICER']))('POST', '/v1/agreements', { body })
    t.same([nowhere.status, nowhere.body.errors[0].code], [422, 'UNKNOWN_ORGANISATION'])
  })
})
