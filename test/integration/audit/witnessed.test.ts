import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { parseVkey } from '../../../src/audit/format/signed-note.ts'
import { exportReading } from '../../../src/audit/reading/export-reading.service.ts'
import { logReading } from '../../../src/audit/reading/log-reading.service.ts'
import { log as logCommand } from '../../../src/cli/log/log.ts'
import { type OwnLog, ownLog } from '../../support/own-log.ts'
import type { Teardown } from '../../support/postgres.ts'
import { clientOf, runningWitness } from '../../support/witnesses.ts'

// Which of the cosigned checkpoints is shown: the newest that most of the witnesses have cosigned (audit-log.md 5.5).

const folder = mkdtempSync(join(tmpdir(), 'accord-witnessed-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** A log whose newest checkpoint two witnesses have cosigned, and what lets it grow and be cosigned on. */
async function cosignedByTwo(t: Teardown, name: string) {
  const own = await ownLog(t)
  const [late, steady] = [await runningWitness(t, own, `${name}-late`, folder), await runningWitness(t, own, `${name}-steady`, folder)]
  const client = clientOf(t, own, late, steady)
  const grow = async () => {
    await own.record(5)
    await own.audit.keeper.round()
    await client.round()
  }
  await grow()
  return { own, late, steady, grow, size: (await own.log()).size }
}

/** Size of the checkpoint in a note, and how many have signed it, the log included. */
async function signedBy({ own, late, steady }: Awaited<ReturnType<typeof cosignedByTwo>>, note: string | undefined) {
  const vkeys = [(await own.log()).vkey, late.vkey, steady.vkey]
  const { checkpoint, signatures } = openCheckpoint(note ?? '', vkeys.map(parseVkey))
  return [checkpoint.size, signatures.length]
}

const served = async ({ own }: { readonly own: OwnLog }) =>
  logReading({ sql: own.root, keeper: own.audit.keeper }).witnessed((await own.log()).name)

t.test('an export during which witnesses sign on brings the newest cosigned checkpoint that lies within it', async (t) => {
  const log = await cosignedByTwo(t, 'during')
  const reading = exportReading(log.own.root)
  const begun = (await reading.logs())[0]
  if (!begun) throw new Error('nothing is signed')
  await log.grow()
  t.strictSame(await signedBy(log, await reading.witnessed(begun)), [begun.size, 3])
  t.strictSame(await signedBy(log, await served(log)), [log.size + 5, 3], 'while the newest of all is served')
})

t.test('while one of two witnesses is late, the newest checkpoint that both have cosigned is served and exported', async (t) => {
  const log = await cosignedByTwo(t, 'late')
  await log.late.stop()
  await log.grow()
  await log.grow()
  t.equal((await log.own.root.query('select from audit.cosignature where size > $1', [log.size])).rowCount, 2, 'the other one signs on')
  t.strictSame(await signedBy(log, await served(log)), [log.size, 3])
  writeFileSync(join(folder, 'vkeys'), log.own.audit.logs.map(({ vkey }) => `${vkey}\n`).join(''))
  writeFileSync(join(folder, 'witnesses'), `${log.late.vkey}\n${log.steady.vkey}\n`)
  const lines: string[] = []
  const env = { DATABASE_URL: log.own.database.url, ACCORD_VAR: join(folder, 'var') }
  const run = (...args: string[]) => logCommand(args, { env, out: (line) => void lines.push(line), err: () => {} })
  t.equal(await run('export', join(folder, 'export')), 0)
  const keys = ['--vkey', join(folder, 'vkeys'), '--witness-vkey', join(folder, 'witnesses')]
  t.equal(await run('verify', join(folder, 'export'), ...keys), 0, lines.join('\n'))
})

t.test('a witness that stays away holds back what the others vouch for only so long', async (t) => {
  const log = await cosignedByTwo(t, 'away')
  await log.late.stop()
  const { pool } = await log.own.database.openAs('session_user', 1)
  const cosign = (from: number, to: number) =>
    pool.query(`insert into audit.checkpoint (log_id, size, root, note, signed_at)
        select c.log_id, c.size + i, c.root, c.note, now() from audit.checkpoint c join audit.log l using (log_id), generate_series(${from}, ${to}) i
         where l.kind = 'decisions' and c.size = ${log.size};
      insert into audit.cosignature (log_id, size, witness, line, at)
        select c.log_id, c.size + i, c.witness, c.line, now() from audit.cosignature c join audit.log l using (log_id), generate_series(${from}, ${to}) i
         where l.kind = 'decisions' and c.size = ${log.size} and c.witness = '${log.steady.key.name}'`)
  const signatures = async () => (await signedBy(log, await served(log)))[1]
  await cosign(1, 9_998)
  t.equal(await signatures(), 3)
  await cosign(9_999, 9_999)
  t.equal(await signatures(), 2, 'then the newest that anybody cosigned is shown')
})
