import fc from 'fast-check'
import t from 'tap'
import type { AgreementVersion } from '../../src/agreements/agreement.ts'
import { overlapService } from '../../src/agreements/finding/overlap.service.ts'
import { overlaps } from '../../src/agreements/model/overlap.ts'
import { readAgreementsFor } from '../../src/agreements/store/reading.service.ts'
import { readerFor } from '../../src/identity/permissions.ts'
import { type Principal, servicePrincipal } from '../../src/identity/principal.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { compileCodeLists } from '../../src/reference/code-lists.ts'
import { aDraftAgreement, aFlow, aVersion } from '../support/builders/draft.ts'
import { runs, tally } from '../support/properties.ts'
import { type TestService, testService } from '../support/service.ts'

// "Does a share already exist?" reads the best agreements alone. Its answer is the beginning of the ranking of all that the caller may know.

const NOW = new Date('2027-02-01T12:00:00Z')
const SHOWN = 20
const ORGS = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET', 'LBC_ENFIELD', 'LBC_HARINGEY', 'LBC_BRENT', 'LBC_EALING'] as const
const PURPOSES = ['HOMELESSNESS', 'HOMELESSNESS.ROUGH_SLEEPING', 'SAFEGUARDING_CHILDREN', 'SAFEGUARDING_CHILDREN.MASH', 'COUNCIL_TAX']
const ITEMS = ['IDENTITY.NAME', 'IDENTITY.DATE_OF_BIRTH', 'CONTACT.ADDRESS', 'HOUSING.TENANCY', 'HEALTH.DIAGNOSIS']
const CATEGORIES = ['IDENTITY', 'CONTACT.ADDRESS', 'HOUSING', 'HEALTH', 'NONE_SUCH']

const org = fc.constantFrom(...ORGS)
const flow = fc.record({ purpose: fc.constantFrom(...PURPOSES), data_items: fc.subarray(ITEMS, { minLength: 1 }) })
const flows = fc.array(flow, { maxLength: 2 })
const past = fc.constantFrom('2026-12-15T00:00:00Z', '2027-03-01T00:00:00Z')
const HOW = ['LEFT', 'DECLINED', 'UNINVITED'] as const
const stored = fc.record({
  ...{ orgs: fc.subarray([...ORGS], { minLength: 2, maxLength: 4 }), owner: org, flows, isFrozen: fc.boolean(), amended: fc.option(flows) },
  state: fc.constantFrom('AS_IT_STANDS', 'AS_IT_STANDS', 'AS_IT_STANDS', 'TERMINATED', 'WITHDRAWN'),
  left: fc.option(fc.record({ at: past, how: fc.constantFrom(...HOW), wasThereBefore: fc.boolean() })),
  keeper: fc.option(fc.tuple(org, past)),
})
type Root = Awaited<ReturnType<typeof asOwner>>
type Stored = typeof stored extends fc.Arbitrary<infer One> ? One : never

t.test('the answer is the beginning of the ranking of everything that the caller may know', async (t) => {
  const service = await testService(t, { clock: () => NOW })
  const { db, reference } = service.app.services
  const root = await asOwner(service)
  const finder = overlapService({ db, reference, clock: () => NOW })
  for (const [index, one] of fc.sample(stored, 160).entries()) await store(service, root, `NEAR-${String(index).padStart(3, '0')}`, one)
  const lists = compileCodeLists(new Map((await reference.lists()).map((list) => [list.list, list])))
  const ids = (await root.query<{ id: string }>('select id from agreement')).rows.map(({ id }) => id)
  const known = new Map<string, Promise<Awaited<ReturnType<typeof readAgreementsFor>>>>()
  const knownTo = (principal: Principal) => {
    const reader = readerFor(principal)
    const read =
      known.get(JSON.stringify(reader)) ?? withTransactionAs(db, reader, (tx) => readAgreementsFor(tx, reader, ids, NOW.getTime()))
    known.set(JSON.stringify(reader), read)
    return read
  }

  const met = tally(t, {
    'more than are shown': 30,
    'some that the caller may not know': 30,
    'a former party': 30,
    'a text that is handed on': 45,
    'no flows': 35,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.record({ of: org, isAuditor: fc.boolean() }),
      fc.subarray([...ORGS], { minLength: 1, maxLength: 4 }),
      fc.option(fc.constantFrom(...PURPOSES)),
      fc.subarray(CATEGORIES),
      async ({ of, isAuditor }, parties, purpose, categories) => {
        const principal = { ...servicePrincipal('near'), org: of, roles: [isAuditor ? ('AUDITOR' as const) : ('IG_OFFICER' as const)] }
        const between = isAuditor ? parties : [...new Set([of, ...parties])]
        const all = await knownTo(principal)
        const ranking = overlaps(all, { parties: between, purpose, categories }, lists, NOW.getTime())
        t.strictSame(await finder.ask(principal, { parties, purpose, categories }), ranking.slice(0, SHOWN))
        const shown = new Set(ranking.slice(0, SHOWN).map(({ agreement }) => agreement))
        const near = all.filter(({ id }) => shown.has(id))
        const everything = await knownTo({ ...principal, roles: ['AUDITOR'] })
        const hidden = overlaps(everything, { parties: between, purpose, categories }, lists, NOW.getTime()).length - ranking.length
        if (hidden > 0) met.saw('some that the caller may not know')
        if (ranking.length > SHOWN) met.saw('more than are shown')
        if (near.some((one) => one.parties.some((party) => party.org === of && party.left_at !== null))) met.saw('a former party')
        if (near.some(({ keepers = [] }) => keepers.length > 0)) met.saw('a text that is handed on')
        if (near.some(({ versions }) => versions.at(-1)?.terms.flows.length === 0)) met.saw('no flows')
      },
    ),
    runs(50),
  )
  met.check()
})

async function store(
  { app }: TestService,
  root: Root,
  id: string,
  { orgs, owner, flows: said, isFrozen, amended, state, left, keeper }: Stored,
) {
  const version = (number: number, of: typeof said, status: AgreementVersion['status']) => {
    const base = aVersion(orgs, { version: number, status })
    return { ...base, terms: { ...base.terms, flows: of.map((one, index) => aFlow(orgs, { ...one, id: `F${index + 1}` })) } }
  }
  const versions = [version(1, said, isFrozen ? 'APPROVED' : 'DRAFT'), ...(isFrozen && amended ? [version(2, amended, 'DRAFT')] : [])]
  const status = isFrozen ? 'ACTIVE' : 'DRAFT'
  const signatures = isFrozen ? orgs.slice(0, 2).map((one) => ({ org: one, version: 1, signed_at: '2026-11-20T00:00:00.000Z' })) : []
  const agreement = aDraftAgreement({ id, orgs, owner_org: owner, status, versions, signatures })
  const { db, agreements } = app.services
  await withTransactionAs(db, { kind: 'system' }, (tx) =>
    agreements.store(tx, agreement, { at: '2026-11-10T00:00:00Z', by: 'test', provenance: undefined }),
  )
  await root.query('begin')
  await root.query('set local session_replication_role = replica')
  if (state === 'TERMINATED' && isFrozen)
    await root.query(`update agreement set status = 'TERMINATED', terminated_at = '2027-01-15' where id = $1`, [id])
  if (state === 'WITHDRAWN' && !isFrozen) await root.query(`update agreement set status = 'WITHDRAWN' where id = $1`, [id])
  if (left) {
    const part = [id, orgs[0]]
    await root.query('update agreement_party set left_at = $3, left_how = $4 where agreement_id = $1 and org = $2', [
      ...part,
      left.at,
      left.how,
    ])
    if (left.wasThereBefore) await root.query(`insert into earlier_part values ($1, $2, null, '2026-12-01', 'LEFT')`, part)
  }
  if (keeper) {
    await root.query('insert into keeper_change (agreement_id, at, from_org, to_org) values ($1, $2, $3, $4)', [
      id,
      keeper[1],
      owner,
      keeper[0],
    ])
    if (keeper[1] < NOW.toISOString()) await root.query('update agreement set owner_org = $2 where id = $1', [id, keeper[0]])
  }
  await root.query('commit')
}

async function asOwner({ database }: TestService) {
  if (!database) throw new Error('the service has no database of its own')
  return (await database.openAs('session_user', 1)).pool
}
