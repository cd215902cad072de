import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { treeRepository } from '../../../src/audit/store/tree.repository.ts'
import { fsck } from '../../../src/cli/log/fsck.ts'
import { type OwnLog, ownLog, withoutKeeper } from '../../support/own-log.ts'

// Words put in place of the recorded ones are found on whatever day they lie.

const DAY_MS = 86_400_000

/** As only a super user can. */
const asSuperUser = ({ root }: OwnLog, sql: string) =>
  root.query(`set session_replication_role = replica; ${sql}; set session_replication_role = origin`)
const forge = (own: OwnLog, id: string) => asSuperUser(own, `update audit.payload set body = 'forged'::bytea where event_id = '${id}'`)
const altered = async (own: OwnLog) => {
  const { logId, size } = await own.log()
  return (await treeRepository(own.root).alteredPayloads(logId, 0, size)).map(({ id }) => id)
}

t.test('after a clock that was days ahead is put right, identifiers stay ahead, and altered words are found all the same', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-clock-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  let ahead = 5 * DAY_MS
  const own = await ownLog(t, { clock: () => new Date(Date.now() + ahead) })
  const [early = ''] = await own.record(1)
  ahead = 0
  const [late = '', untouched = ''] = await own.record(2)
  const { rows } = await own.root.query('select event_id, day from audit.payload order by day')
  t.equal(
    new Set(rows.map(({ day }) => String(day))).size,
    2,
    'the words of one lie on the day of the clock as it was, of the others on the real one',
  )
  t.ok(late.slice(0, 13) >= early.slice(0, 13), 'while identifiers never go back')
  t.strictSame(await altered(own), [])
  await forge(own, late)
  await forge(own, early)
  t.strictSame(await altered(own), [early, late])
  t.notOk((await altered(own)).includes(untouched))
  await own.audit.keeper.round()
  const lines: string[] = []
  const env = { DATABASE_URL: own.database.url, ACCORD_VAR: folder }
  t.equal(await fsck([], { env, out: (line) => void lines.push(line), err: () => {} }), 1)
  for (const id of [early, late]) t.match(lines.join('\n'), new RegExp(`ALTERED_PAYLOAD: the payload of entry \\d+ \\(${id}\\)`))
})

t.test('whoever alters the words of a decision cannot hide them behind a leaf of another day, or one that is no leaf', async (t) => {
  const own = await ownLog(t)
  const ids = await own.record(3)
  const { logId } = await own.log()
  const [shifted = '', broken = '', untouched = ''] = ids
  await withoutKeeper(own, logId, async () => {
    await own.root.query('alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962')
    for (const id of [shifted, broken]) await forge(own, id)
    await asSuperUser(own, `update audit.leaf set leaf = '{"ts":1}' where event_id = '${shifted}'`)
    await asSuperUser(own, `update audit.leaf set leaf = '\\xff7b' where event_id = '${broken}'`)
    t.strictSame(new Set(await altered(own)), new Set([shifted, broken]))
    t.notOk((await altered(own)).includes(untouched))
  })
})
