import { join } from 'node:path'
import pg from 'pg'
import { treeRepository } from '../../../src/audit/store/tree.repository.ts'
import { highWaterFiles } from '../../../src/audit/tree/high-water.service.ts'
import { inspection } from '../../../src/audit/watch/inspection.service.ts'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../../src/platform/database/create-database.ts'
import { judged, type Round, type RoundContext, underLoad } from '../round.ts'
import { askStranger, runFsck } from '../stranger.ts'
import { TAMPERINGS, type TamperedLog, type Tampering } from '../tampering.ts'
import { DATABASE } from '../test-system.ts'
import { until } from '../words.ts'

const LEAVES_MIN = 300

/** Whatever a super user changes, fsck reports by name; on a copy of the database. */
export const tamper: Round = {
  kind: 'tamper',
  faults: 'F17, F18, tampering',
  on: 'single',
  run: tampered,
}

async function tampered({ system, random }: RoundContext) {
  const service = await system.oneService()
  const loaded = await underLoad(system, async () => void (await until(() => system.ledger.decisions.length > LEAVES_MIN, 15_000)))
  const findings = [...(await askStranger(system))]
  await service.kill()
  const sql = `select g.log_id as id, g.origin, h.size::int as size from audit.log g join audit.head h using (log_id)
     where g.kind = 'decisions' order by g.log_id desc limit 1`
  const [log] = await system.primary.ask<{ id: number; origin: string; size: number }>(DATABASE, sql)
  if (!log || log.size < LEAVES_MIN) return judged(loaded, { findings: [...findings, 'too few leaves to tamper with'] })
  const at = 256 + Math.floor(random() * Math.min(40, log.size - 260))
  // Its sessions outlive the service by a moment, and a database in use cannot be copied.
  await until(
    async () => (await system.primary.ask('postgres', 'select 1 from pg_stat_activity where datname = $1', [DATABASE])).length === 0,
    10_000,
  )
  const target = { ...log, at, logKey: system.logKey }
  const copy = `${DATABASE}_tampered`
  const adminUrl = system.primary.url('postgres')
  const copyUrl = urlOfDatabase(adminUrl, copy)
  // One case, another each time, is left standing for the command itself; the others are undone after the look.
  const chosen = TAMPERINGS[Math.floor(random() * TAMPERINGS.length)]
  await createDatabase(adminUrl, copy, { template: DATABASE })
  try {
    for (const one of TAMPERINGS) findings.push(...(await tryAndUndo(one, target, copyUrl, system.varDirectory)))
    if (chosen) findings.push(...(await tryForGood(chosen, target, copyUrl, system.varDirectory)))
  } finally {
    await dropDatabase(adminUrl, copy)
  }
  return judged(loaded, { findings, notes: { tampered: TAMPERINGS.length, for_good: `"${chosen?.name}"` } })
}

/** Tampers, lets fsck's inspection look from inside the same transaction, and rolls back. Answers how the report is wrong. */
async function tryAndUndo(tampering: Tampering, log: TamperedLog, url: string, varDirectory: string): Promise<string[]> {
  return withClient(url, async (client) => {
    await client.query('begin')
    await tampering.run(client, log)
    const repository = treeRepository(client)
    const found = (await repository.logs()).find(({ logId }) => logId === log.id)
    const findings = found ? (await inspection(repository, found, highWaterFiles(join(varDirectory, 'high-water'))).run()).findings : []
    await client.query('rollback')
    return wrongIn(
      tampering,
      findings.map(({ check, why, detail }) => `${check}: ${why}: ${detail}`),
    )
  })
}

/** Tampers and runs `accord log fsck`, which must fail and say what it found. */
async function tryForGood(tampering: Tampering, log: TamperedLog, url: string, varDirectory: string): Promise<string[]> {
  await withClient(url, (client) => tampering.run(client, log))
  const said = await runFsck(url, varDirectory)
  const passed = said.code === 0 ? [`${tampering.name}: accord log fsck exits 0`] : []
  return [
    ...passed,
    ...wrongIn(
      tampering,
      said.lines.filter((line) => line.startsWith('FAIL')),
    ),
  ]
}

function wrongIn({ name, reported }: Tampering, lines: readonly string[]): string[] {
  return reported.test(lines.join('\n')) ? [] : [`${name}: reported as ${lines[0] ?? 'nothing'}`]
}

/** A session with every trigger switched off: what a super user can do and nobody else. */
async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("set session_replication_role = 'replica'")
    return await work(client)
  } finally {
    await client.end()
  }
}
