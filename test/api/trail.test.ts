import { parse } from 'csv-parse/sync'
import t from 'tap'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'
import { ownerPool } from '../support/leaves.ts'

// The trail of acts and the list of reads: found by whoever they concern, by nobody else, and read on record.

const desk = await agreementDesk(t, new Date().toISOString())
const { service } = desk
const owner = await ownerPool(service)
type Row = Readonly<Record<string, unknown>>
const [CAMDEN, HACKNEY, BARNET, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET', 'LBC_ISLINGTON'] as const
const dpo = (org: string) => ({ org, role: 'DPO', sub: `urn:person:dpo-of-${org}` }) as const
const AUDITOR = { org: BARNET, role: 'AUDITOR', sub: 'urn:person:auditor' } as const
type Reader = Parameters<typeof desk.call>[0]
const list = async (path: string, reader: Reader) => (await desk.call(reader, 'GET', path)).body as Record<string, unknown>
const acts = async (query: string, reader: Reader) => (await list(`/v1/trail${query}`, reader))['acts'] as Row[]
const reads = async (query: string, reader: Reader) => (await list(`/v1/trail/reads${query}`, reader))['reads'] as Row[]
const eventsOf = (rows: readonly Row[]) => rows.map((row) => row['event'])

const agreement = await desk.draft({ effectiveFrom: new Date().toISOString().slice(0, 10), orgs: [CAMDEN, HACKNEY] })
const { hash } = await desk.freeze(agreement)
await desk.sign(agreement.id, CAMDEN, 1, hash, { sub: 'urn:person:signatory-of-camden' })
const record = `?record=${agreement.id}`

t.test('an act is found at once, with who did it, for whom, on which record, and its place in the log', async (t) => {
  const [signed] = await acts(`${record}&event=agreement.signed`, dpo(CAMDEN))
  t.match(signed, {
    ...{ event: 'agreement.signed', act: 'sign', record_type: 'agreement', record: agreement.id, org: CAMDEN, refused: false },
    ...{ actor: 'urn:person:signatory-of-camden', from: 'AWAITING_SIGNATURE' },
  })
  const { body } = await desk.call(dpo(CAMDEN), 'GET', `/v1/trail/${signed?.['leaf_id']}`)
  t.match(JSON.parse(String((body['record'] as Row)['leaf'])), { t: 'gov.agreement.signed', id: signed?.['leaf_id'] })
  t.match(body['receipt'], { index: signed?.['index'] })
  t.equal((body['record'] as Row)['payload'], null, 'its words are for auditors')
  const audited = await desk.call(AUDITOR, 'GET', `/v1/trail/${signed?.['leaf_id']}`)
  t.match(JSON.parse(String((audited.body['record'] as Row)['payload'])), { actor: 'urn:person:signatory-of-camden' })
})

t.test('the other party finds what was done to their agreement, and whoever has no part in it finds nothing', async (t) => {
  t.ok(eventsOf(await acts(record, dpo(HACKNEY))).includes('agreement.signed'))
  t.strictSame(await acts(record, dpo(BARNET)), [])
  const [signed] = await acts(`${record}&event=agreement.signed`, dpo(CAMDEN))
  t.equal((await desk.call(dpo(BARNET), 'GET', `/v1/trail/${signed?.['leaf_id']}`)).status, 404)
  t.equal((await desk.call({ org: CAMDEN, role: 'REQUESTER' }, 'GET', '/v1/trail')).status, 403, 'the trail is for those who oversee')
})

t.test(
  'a party that is invited later finds the acts it may know, and every organisation exactly what row-level security shows it',
  async (t) => {
    const open = await desk.draft({ effectiveFrom: new Date().toISOString().slice(0, 10), orgs: [CAMDEN, HACKNEY] })
    const anybody = ['{ALL_SIGNED_BOROUGHS}', open.id]
    await owner.query('update flow set providers = $1, recipients = $1 where agreement_id = $2', anybody)
    const { hash: text } = await desk.freeze(open)
    for (const org of [CAMDEN, HACKNEY]) await desk.sign(open.id, org, 1, text)
    t.strictSame(await acts(`?record=${open.id}`, dpo(ISLINGTON)), [])
    const invited = { org: ISLINGTON, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] }
    t.match(await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${open.id}/accessions`, invited), { status: 201 })
    const found = eventsOf(await acts(`?record=${open.id}`, dpo(ISLINGTON)))
    t.ok(found.length > 1 && found.includes('agreement.signed'), 'the invitation, and what was done before')
    for (const org of [CAMDEN, HACKNEY, BARNET, ISLINGTON]) {
      const all = await withTransactionAs(service.app.services.db, { kind: 'party', org }, (tx) =>
        tx.selectFrom('trail_entry').select('leaf_id').where('event', '<>', 'log.read').orderBy('idx', 'desc').execute(),
      )
      t.strictSame(
        (await acts('?limit=1000', dpo(org))).map((row) => row['leaf_id']),
        all.map((row) => row.leaf_id),
        org,
      )
    }
  },
)

t.test('a refusal concerns whoever was refused and the auditors, and nobody else', async (t) => {
  t.match(await desk.sign(agreement.id, HACKNEY, 1, '0'.repeat(64)), { status: 409 })
  const refused = async (reader: Reader) => eventsOf(await acts(`${record}&outcome=REFUSED`, reader))
  t.strictSame(await refused(dpo(HACKNEY)), ['agreement.signed'])
  t.strictSame(await refused(dpo(CAMDEN)), [])
  t.strictSame(await refused(AUDITOR), ['agreement.signed'])
})

t.test('each filter narrows to what it says', async (t) => {
  const count = async (query: string) => (await acts(query, AUDITOR)).length
  t.equal(await count('?person=urn:person:signatory-of-camden&event=agreement.signed'), 1)
  t.equal(await count(`${record}&org=${BARNET}`), 0)
  t.equal(await count(`${record}&record_type=organisation`), 0)
  t.equal(await count('?to=2020-01-01T00:00:00Z'), 0)
  t.ok((await count(`${record}&from=2020-01-01T00:00:00Z`)) > 1)
  t.equal((await desk.call(AUDITOR, 'GET', '/v1/trail?colour=red')).status, 400, 'an unknown filter is refused, not ignored')
  t.equal((await desk.call(AUDITOR, 'GET', '/v1/trail?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z')).status, 400)
  for (const cursor of ['none', 'LjE']) t.equal((await desk.call(AUDITOR, 'GET', `/v1/trail?cursor=${cursor}`)).status, 400, cursor)
})

t.test('pages joined are the whole, and the last one says so; the same as a file', async (t) => {
  const all = await acts(`${record}&limit=1000`, AUDITOR)
  const joined: Row[] = []
  for (let cursor: unknown = ''; cursor !== null; ) {
    const page = await list(`/v1/trail${record}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, AUDITOR)
    joined.push(...(page['acts'] as Row[]))
    cursor = page['next']
  }
  t.strictSame(joined, all)
  const file = await desk.call(AUDITOR, 'GET', `/v1/trail${record}`, undefined, { accept: 'text/csv' })
  t.strictSame(
    (parse(file.text, { columns: true }) as Row[]).map((row) => row['leaf_id']),
    all.map((row) => row['leaf_id']),
  )
})

t.test(
  'who read what others did is listed for them, reads of these lists too; what one’s own people did is read without a trace',
  async (t) => {
    const before = (await reads('?limit=1000', AUDITOR)).length
    await acts(`${record}&org=${CAMDEN}`, dpo(CAMDEN))
    await acts(`${record}&org=${CAMDEN}`, dpo(HACKNEY))
    const [newest] = await reads(`?org=${HACKNEY}`, dpo(CAMDEN))
    t.match(newest, { org: HACKNEY, actor: `urn:person:dpo-of-${HACKNEY}`, what: 'PAYLOAD', of_log: /^governance-/ })
    t.ok(Number(newest?.['entries']) > 0)
    t.strictSame(await reads(`?org=${HACKNEY}`, dpo(BARNET)), [], 'it concerned others')
    // The read of Hackney, the one of Camden's DPO who read of it, and that of this auditor.
    t.equal((await reads('?limit=1000', AUDITOR)).length, before + 3)
  },
)

t.test('what was decided between two is read by an auditor, and both see that it was', async (t) => {
  const found = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', '/v1/decisions', {
    ...SHARE,
    provider: CAMDEN,
    recipient: HACKNEY,
    agreement_ref: agreement.id,
  })
  await desk.call(AUDITOR, 'GET', `/v1/decisions/${found.body['decision_id']}`)
  for (const org of [CAMDEN, HACKNEY]) {
    const [read] = await reads('?person=urn:person:auditor', dpo(org))
    t.match(read, { org: BARNET, what: 'PAYLOAD', of_log: /^decisions-/, entries: 1 }, org)
  }
})

t.test('an erased payload takes who acted out of the trail, and leaves that it was done', async (t) => {
  const [signed] = await acts(`${record}&event=agreement.signed&outcome=DONE`, AUDITOR)
  await owner.query('select audit.erase_payload(array[$1::uuid])', [signed?.['leaf_id']])
  const [after] = await acts(`${record}&event=agreement.signed&outcome=DONE`, AUDITOR)
  t.match(after, { leaf_id: signed?.['leaf_id'], actor: null, issuer: null, record: agreement.id })
})
