import t from 'tap'
import { committingService } from '../../src/agreements/register-import/committing.service.ts'
import { importsService } from '../../src/agreements/register-import/imports.service.ts'
import { uuidv7Generator } from '../../src/platform/kernel/ids.ts'
import { orThrow } from '../../src/platform/kernel/refusal.ts'
import { UNSTATED } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

const principal = {
  issuer: 'https://login.example',
  org: 'LBC_CAMDEN',
  roles: ['IG_OFFICER' as const],
  sub: 'urn:accord:test:officer',
  clientId: null,
}
const REGISTER = `Ref,Title,Partners,Start\n${[1, 2, 3, 4, 5].map((n) => `ISA-${n},Agreement ${n},TfL,01/04/2025`).join('\n')}`

/** The services of imports on a whole service, with a clock that can be moved and slices as short as wanted. */
async function services(t: Parameters<typeof testService>[0], sliceMs: number) {
  let now = Date.now()
  const made = await testService(t, { clock: () => new Date(now) })
  const { db, reference, parties, agreements, acts, notifications } = made.app.services
  const clock = () => new Date(now)
  let seed = 0
  const random = (size: number) =>
    Uint8Array.from({ length: size }, () => {
      seed += 7
      return seed % 256
    })
  const imports = importsService({
    db,
    clock,
    newId: uuidv7Generator(clock, random),
    reference,
    parties,
    partnerAnswers: () => Promise.reject(new Error('nobody is proposed here')),
  })
  const committing = committingService({ db, clock, random, acts, agreements, imports, tell: notifications.tell, sliceMs })
  const pool = (await made.database?.openAs('session_user'))?.pool
  const count = async () =>
    (await pool?.query("select count(*)::int as n from agreement where origin = 'ELSEWHERE' and not sample and status = 'ACTIVE'"))?.rows[0]
      .n
  return { imports, committing, pool, count, wait: (hours: number) => (now += hours * 3_600_000) }
}

t.test('an import that breaks off goes on where it stopped, and ends with every line in once', async (t) => {
  const { imports, committing, count, pool } = await services(t, -1)
  const { outcome: body } = orThrow(await imports.upload(principal, REGISTER, { answers: UNSTATED }))
  const statuses: string[] = []
  for (let call = 0; call < 12 && statuses.at(-1) !== 'COMMITTED'; call += 1)
    statuses.push(orThrow(await committing.commit(principal, body.id, '*')).outcome.status)
  t.equal(statuses[0], 'COMMITTING')
  t.equal(statuses.at(-1), 'COMMITTED')
  t.equal(await count(), 5)
  await committing.commit(principal, body.id, '*')
  const { rows } =
    (await pool?.query(`select org, subject_id, detail, addressed_to from notification where kind = 'IMPORT_FINISHED'`)) ?? {}
  const { NEW: added, CHANGED: changed, REFUSED: refused } = body.counts
  t.strictSame(
    rows,
    [
      {
        ...{ org: principal.org, subject_id: body.id, detail: { added, changed, refused } },
        addressed_to: { persons: [{ issuer: principal.issuer, sub: principal.sub }], roles: [] },
      },
    ],
    'whoever brought it along is told once, when it is done',
  )
})

t.test('two people who commit at once, one import or two of the same file: every line is in once', async (t) => {
  const { imports, committing, count, pool } = await services(t, 60_000)
  const one = orThrow(await imports.upload(principal, REGISTER, { answers: UNSTATED })).outcome
  const two = orThrow(await imports.upload(principal, REGISTER, { answers: UNSTATED })).outcome
  await Promise.all([one, one, two].map(({ id }) => committing.commit(principal, id, '*').then(orThrow)))
  t.equal(await count(), 5)
  t.equal((await pool?.query('select count(*)::int as n from imported_record'))?.rows[0].n, 5)
})

t.test('undo is open for 24 hours and no longer', async (t) => {
  const { imports, committing, count, wait } = await services(t, 60_000)
  const { outcome: body } = orThrow(await imports.upload(principal, REGISTER, { answers: UNSTATED }))
  await committing.commit(principal, body.id, '*')
  wait(24)
  t.match(await committing.undo(principal, body.id), { ok: false, refusal: { code: 'ILLEGAL_STATE', detail: /within 24 hours/ } })
  t.equal(await count(), 5)
})

t.test('a line of a register is evidence: nobody changes or removes it, the service least of all', async (t) => {
  const { imports, pool } = await services(t, 60_000)
  await imports.upload(principal, REGISTER, { answers: UNSTATED })
  for (const statement of [`update register_import_row set cells = '[]'`, 'delete from register_import_row']) {
    await t.rejects(async () => void (await pool?.query(statement)), /evidence/, statement)
  }
})

t.test('signatures that a register claims are stored unconfirmed, one a party', async (t) => {
  const { imports, committing, pool } = await services(t, 60_000)
  const { outcome: body } = orThrow(
    await imports.upload(principal, 'Ref,Title,Partners,Date signed,Signed by\n1,A,TfL,01/03/2025,A Director', { answers: UNSTATED }),
  )
  await committing.commit(principal, body.id, '*')
  const { rows } = (await pool?.query(
    `select org, signed_at, confirmed_at, signatory_name from signature s join agreement a on a.id = s.agreement_id where not a.sample order by org`,
  )) ?? { rows: [] }
  t.match(rows, [
    { org: 'LBC_CAMDEN', confirmed_at: null, signatory_name: 'A Director' },
    { org: 'TFL', confirmed_at: null, signatory_name: null },
  ])
})
