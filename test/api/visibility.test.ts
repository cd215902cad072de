import t, { type Test } from 'tap'
import { listAgreements } from '../../src/agreements/finding/listing.repository.ts'
import { readAgreements } from '../../src/agreements/store/reading.service.ts'
import { readRecord } from '../../src/agreements/store/record.service.ts'
import { indexForSearch } from '../../src/agreements/store/search.repository.ts'
import { ROLES, type Role } from '../../src/identity/permissions.ts'
import { type Transaction, withTransaction } from '../../src/platform/database/database.ts'
import { readAs } from '../../src/platform/database/reader.ts'
import type { Reader } from '../../src/platform/kernel/reader.ts'
import { type ApiCaller, type ApiReply, aDraft, databaseOf, personOf } from '../support/api-caller.ts'
import { follow, operations, type WalkedOperation } from '../support/contract-walk.ts'
import { testService } from '../support/service.ts'

/** Every role a person can have but the one that reads everything: no role opens somebody else's agreement. */
const EVERY_ROLE = ROLES.filter((role) => role !== 'AUDITOR' && role !== 'API_CLIENT') as readonly Role[]

/** What stands in a path besides the agreement: real values of the hidden one, so that they betray it if anything does. */
const REAL: Readonly<Record<string, string>> = { org: 'LBC_HACKNEY', flowId: 'F1', version: '1' }

const SOME_UUID = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'

function address({ path, parameters }: WalkedOperation, agreement: string): string {
  const required = parameters.filter((parameter) => String(parameter['in']) === 'query' && parameter['required'])
  const query = required.map((parameter) => `${parameter['name']}=${encodeURIComponent(String(parameter['example'] ?? ''))}`).join('&')
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    if (path.startsWith('/v1/agreements/{') && name === path.slice(16, path.indexOf('}'))) return agreement
    const parameter = parameters.find((one) => String(one['name']) === name)
    const known = REAL[name] ?? parameter?.['example'] ?? (follow(parameter?.['schema'])['format'] === 'uuid' ? SOME_UUID : undefined)
    if (known === undefined && !path.startsWith('/v1/agreements')) return 'unknown'
    if (known === undefined) throw new Error(`${path}: the contract gives no example of ${name}`)
    return encodeURIComponent(String(known))
  })
  return query === '' ? filled : `${filled}?${query}`
}

/** What a caller can learn from a reply; the request's own name and the date differ always. */
function toldBy({ status, body, text, headers }: ApiReply): unknown {
  const { date: _date, 'x-request-id': _id, ...rest } = headers
  const { instance: _instance, ...problem } = body ?? {}
  return { status, headers: { ...rest, 'content-length': body ? undefined : rest['content-length'] }, problem: body ? problem : text }
}

const callOf = (operation: WalkedOperation, caller: ApiCaller, agreement: string, ifMatch: string | undefined) =>
  caller(operation.method as 'GET', address(operation, agreement), {
    ...(operation.body ? { body: operation.body.example, headers: { 'content-type': operation.body.type } } : {}),
    ...(ifMatch === undefined ? {} : { ifMatch }),
  })

// What is walked is the contract itself: an operation that is added tomorrow is walked tomorrow.
t.test('visibility', async (t) => {
  const service = await testService(t)
  const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER', 'DPO'])
  const ownerOfTables = await databaseOf(service).openAs('session_user', 2)
  // An organisation of the register that takes part in nothing at all.
  const { rows: uninvolved } = await ownerOfTables.pool.query<{ code: string }>(
    `select code from organisation where active_to is null and code not in (select org from agreement_party)
      and code not in (select owner_org from agreement where owner_org is not null) order by code limit 2`,
  )
  const [outside = '', another = ''] = uninvolved.map(({ code }) => code)
  const stranger = await personOf(service, outside, EVERY_ROLE)
  const party = await personOf(service, 'LBC_HACKNEY', EVERY_ROLE, 'urn:accord:test:hackney-everybody')
  const title = 'Zebra crossings nobody else may hear of'
  const draft = await aDraft(camden, title)
  const hidden = [draft.id, 'DEMO-CURL']
  const missing = 'DSA-2026-000000'
  const onAgreement = operations.filter(({ path }) => path.startsWith('/v1/agreements/{'))
  const elsewhere = operations.filter(({ path, isPublic }) => !path.startsWith('/v1/agreements/{') && !isPublic)

  const walk = async (t: Test, caller: ApiCaller) => {
    for (const operation of onAgreement) {
      for (const ifMatch of ['"999"', '*', undefined]) {
        const absent = await callOf(operation, caller, missing, ifMatch)
        for (const agreement of hidden) {
          const reply = await callOf(operation, caller, agreement, ifMatch)
          t.equal(reply.status, 404, `${operation.id} on ${agreement} with If-Match ${ifMatch}: ${reply.text.slice(0, 200)}`)
          t.same(toldBy(reply), toldBy(absent), `${operation.id} says of ${agreement} what it says of nothing`)
          t.notOk(reply.headers['etag'] || reply.headers['location'], `${operation.id} names no state and no place`)
        }
      }
    }
  }

  t.test('no operation on an agreement tells a stranger that it exists', async (t) => {
    t.ok(onAgreement.length > 16)
    await walk(t, stranger)
  })

  t.test('the code alone keeps it from strangers, where the database would show it', async (t) => {
    const { rows } = await ownerOfTables.pool.query<{ name: string }>(
      `select relname as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`,
    )
    t.ok(rows.length >= 13)
    const tables = rows.map(({ name }) => name)
    for (const table of tables) await ownerOfTables.pool.query(`alter table ${table} disable row level security`)
    await walk(t, stranger)
    const page = await stranger('GET', '/v1/agreements?limit=100')
    t.same(page.body, { agreements: [], next_cursor: null })
    for (const table of tables) await ownerOfTables.pool.query(`alter table ${table} enable row level security`)
  })

  t.test('no other operation names an agreement to a stranger', async (t) => {
    const words = [...hidden, title, 'Zebra']
    for (const operation of elsewhere) {
      const example = JSON.stringify(operation.body?.example ?? '')
      const reply = await callOf(operation, stranger, missing, undefined)
      t.not(reply.status, 500, `${operation.id}: ${reply.text.slice(0, 200)}`)
      for (const word of words.filter((one) => !example.includes(one))) {
        t.notOk(`${reply.text} ${reply.headers['location'] ?? ''}`.includes(word), `${operation.id} does not say ${word}`)
      }
    }
  })

  t.test('no list, filter or search finds it for a stranger', async (t) => {
    const bystander = await personOf(service, another, EVERY_ROLE)
    const filters = [
      '',
      'q=zebra',
      `q=${draft.id}`,
      'q=LBC_CAMDEN',
      'party=LBC_CAMDEN',
      'state=DRAFT',
      'state=IN_FORCE',
      'purpose=HOMELESSNESS',
      'category=ORDINARY',
    ]
    for (const filter of [...filters, 'origin=ACCORD', 'sort=title', 'sort=review_due']) {
      const reply = await bystander('GET', `/v1/agreements?${filter}`)
      t.same([reply.status, reply.body], [200, { agreements: [], next_cursor: null }], filter)
    }
  })

  t.test('copying it is refused in the words used for one that does not exist', async (t) => {
    const copy = (from_agreement: string) =>
      stranger('POST', '/v1/agreements', { body: { title: 'x', instrument_type: 'CONTROLLER_TO_CONTROLLER', from_agreement } })
    const absent = await copy(missing)
    t.equal(absent.status, 422)
    for (const agreement of hidden) t.same(toldBy(await copy(agreement)), toldBy(absent))
  })

  t.test('a party gets another answer from every one of these operations, so the walk asks what can be answered', async (t) => {
    // A version or a suspension that is not there is a 404 for a party too.
    for (const operation of onAgreement) {
      const reply = await callOf(operation, party, 'DEMO-CURL', '*')
      const absent = await callOf(operation, party, missing, '*')
      t.not(reply.status, 400, `${operation.id}: ${reply.text.slice(0, 300)}`)
      t.notSame(toldBy(reply), toldBy(absent), `${operation.id} tells a party something`)
    }
  })

  t.test('an auditor reads everything and writes nothing, also where the auditor has another role', async (t) => {
    const auditor = await personOf(service, outside, ['AUDITOR'])
    t.equal((await auditor('GET', `/v1/agreements/${draft.id}`)).status, 200)
    t.ok((await auditor('GET', '/v1/agreements?q=zebra')).body.agreements.length > 0)
    for (const operation of onAgreement.filter(({ method }) => method !== 'GET')) {
      const reply = await callOf(operation, auditor, draft.id, '*')
      t.equal(reply.status, 403, `${operation.id}: ${reply.text.slice(0, 200)}`)
    }
    const both = await personOf(service, outside, ['AUDITOR', ...EVERY_ROLE])
    for (const operation of onAgreement.filter(({ method }) => method !== 'GET')) {
      t.equal((await callOf(operation, both, draft.id, '*')).status, 404, operation.id)
    }
    t.equal((await both('POST', '/v1/agreements', { body: { title: 'Own', instrument_type: 'CONTROLLER_TO_CONTROLLER' } })).status, 201)
  })

  t.test(
    'without the check in the code, PostgreSQL still hides every row from a stranger, and from whoever does not say who reads',
    async (t) => {
      const everything = {
        reader: { kind: 'system' } as const,
        filter: {},
        sort: 'id' as const,
        after: null,
        limit: 1000,
        now: new Date().toISOString(),
      }
      const asApp = <T>(reader: Reader | null, work: (tx: Transaction) => Promise<T>) =>
        withTransaction(databaseOf(service).db, async (tx) => {
          if (reader) await readAs(tx, reader)
          return work(tx)
        })
      const all = await asApp({ kind: 'system' }, (tx) => listAgreements(tx, everything))
      t.ok(
        hidden.every((id) => all.some((found) => found.id === id)),
        'the rows are there',
      )
      for (const reader of [{ kind: 'party', org: another } as const, null]) {
        const seen = await asApp(reader, async (tx) => ({
          listed: await listAgreements(tx, everything),
          read: await readAgreements(tx, hidden),
          record: await readRecord(tx, draft.id),
        }))
        t.same(seen, { listed: [], read: [], record: undefined }, JSON.stringify(reader))
        await asApp(reader, (tx) => indexForSearch(tx, draft.id))
      }
      const own = await asApp({ kind: 'party', org: 'LBC_HACKNEY' }, (tx) => readAgreements(tx, hidden))
      t.same(own.map(({ id }) => id).toSorted(), hidden.toSorted(), 'a party sees them')
      const { rows } = await ownerOfTables.pool.query(`select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'agreement_id' and table_name not in (
        select relname from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace)`)
      t.same(rows, [], 'every table that follows an agreement is guarded')
    },
  )
})
