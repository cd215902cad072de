import pg from 'pg'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../../src/platform/database/create-database.ts'
import { mustHaveAnswered, type Round, type RoundContext, sleep, underLoad, usualFindings, usualNotes } from '../round.ts'
import { DATABASE } from '../stand.ts'
import { askStranger, runFsck } from '../stranger.ts'
import { TAMPERINGS, type TamperedLog, type Tampering } from '../tampering.ts'

const LEAVES_MIN = 300

/** Section 7: whatever a super user changes, fsck reports by name; each case on a copy of the database of its own. */
export const tamper: Round = {
  kind: 'tamper',
  faults: 'F17, F18, tampering',
  on: 'single',
  run: tampered,
}

async function tampered({ stand, random }: RoundContext) {
  const service = await stand.oneService()
  const loaded = await underLoad(stand, () => sleep(400))
  const findings = [...usualFindings(loaded), ...mustHaveAnswered(loaded.seen), ...(await askStranger(stand))]
  await service.kill()
  const sql = `select g.log_id as id, g.origin, h.size::int as size from audit.log g join audit.head h using (log_id)
     where g.kind = 'decisions' order by g.log_id desc limit 1`
  const [log] = await stand.primary.ask<{ id: number; origin: string; size: number }>(DATABASE, sql)
  if (!log || log.size < LEAVES_MIN) return { findings: [...findings, 'too few leaves to tamper with'], notes: {} }
  const at = 256 + Math.floor(random() * Math.min(40, log.size - 260))
  let named = 0
  for (const tampering of TAMPERINGS) {
    const fault = await tryOne(tampering, { ...log, at, logKey: stand.logKey }, stand.primary.url('postgres'), stand.varDirectory)
    if (fault) findings.push(fault)
    else named += 1
  }
  return { findings, notes: { tampered: TAMPERINGS.length, reported_by_name: named, ...usualNotes(loaded.seen) } }
}

/** Answers what is wrong with how the case is reported; undefined when it is reported by name. */
async function tryOne(
  { name, run, reported }: Tampering,
  log: TamperedLog,
  adminUrl: string,
  varDirectory: string,
): Promise<string | undefined> {
  const copy = `${DATABASE}_tampered`
  await createDatabase(adminUrl, copy, { template: DATABASE })
  try {
    const url = urlOfDatabase(adminUrl, copy)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      // Switches every trigger off: what a super user can do and nobody else.
      await client.query("set session_replication_role = 'replica'")
      await run(client, log)
    } finally {
      await client.end()
    }
    const said = await runFsck(url, varDirectory)
    if (said.code === 0) return `${name}: fsck passed`
    return reported.test(said.lines.join('\n')) ? undefined : `${name}: fsck said ${said.lines.find((line) => line.startsWith('FAIL'))}`
  } finally {
    await dropDatabase(adminUrl, copy)
  }
}
