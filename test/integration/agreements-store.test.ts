import { createHash } from 'node:crypto'
import t from 'tap'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { agreementsService } from '../../src/agreements/agreements.service.ts'
import { canonicalJson } from '../../src/audit/format/canonical-json.ts'
import { readCaseFile } from '../../src/cli/case-file.ts'
import { demoRegister } from '../../src/demo/register-content.ts'
import type { Organisation } from '../../src/parties/organisation.ts'
import { partiesService } from '../../src/parties/parties.service.ts'
import { shippedOrganisations } from '../../src/parties/shipped-organisations.service.ts'
import { type Transaction, withTransaction } from '../../src/platform/database/database.ts'
import { readAs, withTransactionAs } from '../../src/platform/database/reader.ts'
import { uuidv7Generator } from '../../src/platform/kernel/ids.ts'
import { anAgreement, aParty, aVersion, ORGANISATIONS } from '../support/builders/decision-world.ts'
import { decisionCaseFiles } from '../support/case-files.ts'
import { testDatabase } from '../support/database.ts'
import type { Teardown } from '../support/postgres.ts'

// Agreements in tables: what goes in comes out, the database refuses what the model refuses, and strangers see nothing.

const AT = '2026-11-22T12:00:00.000Z'
const newId = uuidv7Generator(
  () => new Date(AT),
  (size) => new Uint8Array(size).map(() => Math.floor(Math.random() * 256)),
)
const agreements = agreementsService(newId)

interface Fixtures {
  readonly organisations: readonly Organisation[]
  readonly agreements: readonly Agreement[]
}

async function aRegister(test: Teardown, { organisations, agreements: all }: Fixtures) {
  const database = await testDatabase(test)
  const parties = partiesService(database.db)
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(database.db, { kind: 'system' }, work)
  await asSystem(async (tx) => {
    await parties.store(tx, organisations, '2026-01-01')
    for (const agreement of all) await agreements.store(tx, agreement, { at: AT, by: 'test', provenance: undefined })
  })
  return { database, asSystem }
}

/** The agreement in the one form in which it can be compared: instants in UTC, sets of acts in one order, the hash left out. */
function normal(agreement: Agreement): unknown {
  const utc = (instant: string | null) => (instant === null ? null : new Date(instant).toISOString())
  const sorted = <T>(rows: readonly T[]) => rows.toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1))
  // A fixture may repeat a signature; only the first of a party and version can ever count.
  const first = new Map<string, { org: string; version: number; signed_at: string | null }>()
  for (const { org, version, signed_at } of agreement.signatures) {
    const key = `${org} ${version}`
    const known = first.get(key)?.signed_at
    if (!known || Date.parse(signed_at) < Date.parse(known)) first.set(key, { org, version, signed_at: utc(signed_at) })
  }
  return {
    ...agreement,
    // What the register of organisations says of a party, and when a text was frozen here, no fixture holds.
    parties: agreement.parties.map(
      ({ active_from: _from, active_to: _to, succeeded_by: _by, accepts_attested_since: _since, ...party }) => ({
        ...party,
        left_at: utc(party.left_at),
      }),
    ),
    versions: agreement.versions
      .map(({ hash: _digest, frozen_at: _frozen, ...version }) => version)
      .toSorted((a, b) => a.version - b.version),
    signatures: sorted([...first.values()]),
    ...(agreement.attested
      ? { attested: sorted(agreement.attested.map((one) => ({ ...one, from: utc(one.from), to: utc(one.to) }))) }
      : {}),
    approvals: sorted(agreement.approvals.map((approval) => ({ ...approval, complete_at: utc(approval.complete_at) }))),
    suspensions: sorted(agreement.suspensions.map((one) => ({ ...one, from: utc(one.from), to: utc(one.to) }))),
    terminated_at: utc(agreement.terminated_at),
    dpia: { ...agreement.dpia, status_changes: agreement.dpia.status_changes.map(({ at, status }) => ({ at: utc(at), status })) },
  }
}

/** Every agreement there is, from every case file and the demo register, under an id of its own; organisations once. */
function everyFixture(): Fixtures {
  const demo = demoRegister()
  const sources: readonly Fixtures[] = [
    { organisations: [...shippedOrganisations(), ...demo.organisations], agreements: demo.agreements.map((one) => one.agreement) },
    ...decisionCaseFiles().map(({ text }) => readCaseFile(text)),
  ]
  const organisations = new Map(sources.flatMap((source) => source.organisations.map((one) => [one.code, one] as const)))
  return {
    organisations: [...organisations.values()],
    agreements: sources.flatMap((source, file) => source.agreements.map((agreement) => ({ ...agreement, id: `${file}.${agreement.id}` }))),
  }
}

t.test('every agreement of every fixture is read back as it was stored', async (t) => {
  const content = everyFixture()
  const { asSystem } = await aRegister(t, content)
  const ids = content.agreements.map(({ id }) => id)
  t.ok(ids.length > 400)
  const stored = new Map((await asSystem((tx) => agreements.read(tx, ids))).map((agreement) => [agreement.id, agreement]))
  for (const agreement of content.agreements) {
    const again = stored.get(agreement.id)
    t.strictSame(again && normal(again), normal(agreement), agreement.id)
    const undigested = (again?.versions ?? []).filter(({ hash, status }) => /^[0-9a-f]{64}$/.test(hash ?? '') !== (status !== 'DRAFT'))
    t.strictSame(undigested, [], `${agreement.id}: every version but a draft has its digest`)
  }
  t.equal(stored.size, ids.length)
})

t.test('the conditions of an approval and advice that was overruled are read back as they were stored', async (t) => {
  const conditions = [
    { text: 'Train whoever opens it', bearer: 'BOTH' as const, due: '2026-12-31' },
    { text: 'Keep it apart', bearer: 'RECIPIENT' as const, due: null },
  ]
  const approvals = [{ org: 'NORTHBOROUGH', version: 1, complete_at: '2026-01-02T00:00:00.000Z', conditions }]
  const dpo_advice_overruled = [{ org: 'NORTHBOROUGH', version: 1, at: '2026-01-01T12:00:00.000Z' }]
  const given = { ...anAgreement(), approvals, dpo_advice_overruled }
  const { asSystem } = await aRegister(t, { organisations: ORGANISATIONS, agreements: [given] })
  const [read] = await asSystem((tx) => agreements.read(tx, ['AGR-1']))
  t.match(read, { approvals, dpo_advice_overruled })
})

t.test('the digest of a version is that of the text that was stored', async (t) => {
  const { database, asSystem } = await aRegister(t, { organisations: ORGANISATIONS, agreements: [anAgreement()] })
  const owner = await database.openAs('session_user', 1)
  const { rows } = await owner.pool.query<{ document: Buffer; hash: string }>('select document, hash from agreement_version')
  t.equal(
    rows[0]?.hash,
    createHash('sha256')
      .update(rows[0]?.document ?? '')
      .digest('hex'),
  )
  const [read] = await asSystem((tx) => agreements.read(tx, ['AGR-1']))
  t.equal(read?.versions[0]?.hash, rows[0]?.hash)
})

t.test('the database refuses what the model refuses, even to the owner of the tables', async (t) => {
  const draft = aVersion({ version: 2, status: 'DRAFT', effective_from: null })
  const { database } = await aRegister(t, {
    organisations: ORGANISATIONS,
    agreements: [anAgreement({ versions: [aVersion(), draft], signatures: anAgreement().signatures })],
  })
  const { pool } = await database.openAs('session_user', 1)
  const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
    'a flow of a frozen version is widened': [`update flow set data_items = data_items || 'INCOME'::text where version = 1`, /frozen/],
    'a flow of a frozen version is removed': ['delete from flow_side where version = 1', /frozen/],
    'a flow is added to a frozen version': [
      `insert into flow select agreement_id, version, 'F9', position, providers, recipients, purpose, data_items, data_subjects, category_grant, data_form, methods, countries,
         transfers, compatibility, confidentiality, exemptions, retention_days, retention_rule, onward, frequency, volume_subjects, volume_records, honours_objection, consent_required
         from flow where version = 1`,
      /frozen/,
    ],
    'a prohibition is added to a frozen version': [`insert into prohibition values ('AGR-1', 1, 0, '{FRAUD}', null)`, /frozen/],
    'an agent is added to a frozen version': [
      `insert into agent values ('AGR-1', 1, 0, 'CHARITY', 'NORTHBOROUGH', null, null, null)`,
      /frozen/,
    ],
    'the dates of a frozen version are moved': [`update agreement_version set effective_to = '2099-01-01' where version = 1`, /frozen/],
    'the narrative of a frozen version is rewritten': [
      `update agreement_version set narrative = '{"purpose": "other"}' where version = 1`,
      /frozen/,
    ],
    'a frozen version is thawed': ['update agreement_version set frozen_at = null where version = 1', /frozen/],
    'a warning given at approval is taken back': [`update agreement_version set warnings = '[{}]' where version = 1`, /frozen/],
    'a version is deleted': ['delete from agreement_version where version = 2', /frozen/],
    'a signature is dated back': [`update signature set signed_at = '2020-01-01'`, /never changed/],
    'a signature is moved to another version': ['update signature set version = 2', /never changed/],
    'a signature is removed': ['delete from signature', /never changed/],
    'a party signs twice': [
      `insert into signature (id, agreement_id, version, org, signed_at) values ('${newId()}', 'AGR-1', 1, 'NORTHBOROUGH', now())`,
      /signature_agreement_id_version_org_key/,
    ],
    'a stranger signs': [
      `insert into signature (id, agreement_id, version, org, signed_at) values ('${newId()}', 'AGR-1', 1, 'POLICE', now())`,
      /foreign key/,
    ],
    'a party with a signature is removed': [`delete from agreement_party where org = 'NORTHBOROUGH'`, /foreign key/],
    'Part 4 of the Act is recorded': [`update flow_side set regime = 'PART_4' where version = 2`, /part_4_cannot_be_recorded/],
    'a threshold has no number': [
      `update agreement_version set commencement_rule = 'THRESHOLD' where version = 2`,
      /threshold_has_its_number/,
    ],
    'a number stands without a threshold': [
      'update agreement_version set commencement_threshold = 2 where version = 2',
      /threshold_has_its_number/,
    ],
    'a version ends before it begins': [
      `update agreement_version set effective_from = '2026-02-01', effective_to = '2026-01-01' where version = 2`,
      /version_begins_before_it_ends/,
    ],
    'a version is approved without a start': [
      `update agreement_version set status = 'APPROVED' where version = 2`,
      /an approved version has a start/,
    ],
    'a status that is none': [`update agreement set status = 'SIGNED'`, /agreement_status_check/],
    'a suspension ends before it begins': [
      `insert into suspension (id, agreement_id, scope, from_at, to_at) values ('${newId()}', 'AGR-1', 'AGREEMENT', '2026-02-01', '2026-01-01')`,
      /suspension_begins_before_it_ends/,
    ],
    'a suspension of a party names none': [
      `insert into suspension (id, agreement_id, scope, from_at) values ('${newId()}', 'AGR-1', 'PARTY', now())`,
      /suspension_names_what_its_scope_needs/,
    ],
    'who suspended lifts': [
      `insert into suspension (id, agreement_id, scope, from_at, suspended_issuer, suspended_by, lifted_issuer, lifted_by) values ('${newId()}', 'AGR-1', 'AGREEMENT', now(), 'i', 'a', 'i', 'a')`,
      /suspender_does_not_lift/,
    ],
    'an organisation with agreements is removed': [`delete from organisation where code = 'NORTHBOROUGH'`, /foreign key|violates/],
    'the history is rewritten': [`delete from agreement_act`, /append-only/],
  }
  // A record made elsewhere may not know its first day; a text made here has one.
  await pool.query(`update agreement set origin = 'ACCORD'`)
  for (const [what, [statement, why]] of Object.entries(refused)) await t.rejects(pool.query(statement), { message: why }, what)
  await t.resolves(pool.query(`update flow set purpose = 'FRAUD' where version = 2`), 'a draft may still change')
})

t.test('row by row, the service sees an agreement only for those who may', async (t) => {
  const pair = anAgreement({ id: 'AGR-PAIR' })
  const police = anAgreement({ id: 'AGR-POLICE', parties: [aParty('POLICE'), aParty('CHARITY')], owner_org: 'NORTHBOROUGH' })
  const { database } = await aRegister(t, { organisations: ORGANISATIONS, agreements: [pair, police] })
  const tables = ['agreement', 'agreement_party', 'agreement_version', 'flow', 'flow_side', 'signature', 'policy_document']
  const idsSeen = (reader: Parameters<typeof readAs>[1] | null) =>
    withTransaction(database.db, async (tx) => {
      if (reader) await readAs(tx, reader)
      const seen = await Promise.all(
        tables.map(async (table) => {
          const column = table === 'agreement' ? 'id' : 'agreement_id'
          const { rows } = await tx.executeQuery<{ id: string }>({
            sql: `select distinct ${column} as id from ${table} order by 1`,
            parameters: [],
            query: {} as never,
            queryId: {} as never,
          })
          return rows.map(({ id }) => id).join()
        }),
      )
      return [...new Set(seen)]
    })
  t.strictSame(await idsSeen(null), [''], 'who does not say for whom it reads sees nothing')
  t.strictSame(await idsSeen({ kind: 'party', org: 'SOUTHBOROUGH' }), ['AGR-PAIR'], 'a party')
  t.strictSame(await idsSeen({ kind: 'party', org: 'NORTHBOROUGH' }), ['AGR-PAIR,AGR-POLICE'], 'a party of one and the owner of the other')
  t.strictSame(await idsSeen({ kind: 'party', org: 'CHARITY' }), ['AGR-POLICE'])
  t.strictSame(await idsSeen({ kind: 'party', org: 'NOBODY' }), [''], 'a stranger, in no table')
  t.strictSame(await idsSeen({ kind: 'auditor' }), ['AGR-PAIR,AGR-POLICE'])
  t.strictSame(await idsSeen({ kind: 'system' }), ['AGR-PAIR,AGR-POLICE'])
  const touched = await withTransactionAs(database.db, { kind: 'party', org: 'SOUTHBOROUGH' }, (tx) =>
    tx.updateTable('agreement').set({ title: 'Taken over' }).where('id', '=', 'AGR-POLICE').executeTakeFirst(),
  )
  t.equal(Number(touched.numUpdatedRows), 0, 'what is not seen cannot be changed')
  await t.rejects(
    withTransactionAs(database.db, { kind: 'party', org: 'SOUTHBOROUGH' }, async (tx) => {
      await tx
        .insertInto('agreement_party')
        .values({ agreement_id: 'AGR-POLICE', org: 'SOUTHBOROUGH', position: 9, role: 'CONTROLLER', capacities: [], contacts: '{}' })
        .execute()
    }),
    /row-level security/,
    'nobody makes itself a party',
  )
  t.strictSame(await idsSeen(null), [''], 'and the reader of one transaction is gone in the next')
})
