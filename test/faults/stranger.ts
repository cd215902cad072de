import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportLogs } from '../../src/cli/log/export.ts'
import { fsck } from '../../src/cli/log/fsck.ts'
import { verifyLog } from '../../src/cli/log/verify.ts'
import { tileNumber } from '../../src/verifier/files.ts'
import { exportFolder } from '../../src/verifier/folder.ts'
import { openHead, readVkeys } from '../../src/verifier/note.ts'
import { growingTree, hashOfLeaf, same } from '../../src/verifier/tree.ts'
import { DATABASE, type TestSystem } from './test-system.ts'
import { until } from './words.ts'

const SIGN_LIMIT_MS = 15_000
/** What `fsck` says of a log of which more was published than the restored database has. */
export const LOST_WITH_A_BACKUP = /^FAIL .*high water: ROLLBACK/

/** What a command said. */
export interface Said {
  readonly code: number
  readonly lines: readonly string[]
}

/** `accord log fsck` on a database. */
export async function runFsck(databaseUrl: string, varDirectory: string): Promise<Said> {
  const lines: string[] = []
  const io = { env: { DATABASE_URL: databaseUrl, ACCORD_VAR: varDirectory }, out: (line: string) => void lines.push(line), err: () => {} }
  return { code: await fsck([], io), lines }
}

/** Waits until every log is signed to its end, then fsck, export, the stranger's verifier, and every checkpoint ever fetched. */
export async function askStranger(system: TestSystem, isRestored = false): Promise<string[]> {
  const findings: string[] = []
  if (!(await until(() => isSigned(system), SIGN_LIMIT_MS, 100))) findings.push(`not signed to its end within ${SIGN_LIMIT_MS / 1000} s`)
  const logs = await system.primary.ask<{ name: string }>(DATABASE, 'select name from audit.log')
  if (!isRestored) findings.push(...(await endedLogs(system)))
  await system.checkpoints.fetch(logs.map(({ name }) => name))
  const databaseUrl = system.primary.url(DATABASE)
  const checked = await runFsck(databaseUrl, system.varDirectory)
  const failed = checked.lines.filter((line) => line.startsWith('FAIL'))
  // What was published and is gone stays named, of the log that ended for it.
  findings.push(...failed.filter((line) => !(isRestored && LOST_WITH_A_BACKUP.test(line))).slice(0, 3))
  if (checked.code !== 0 && failed.length === 0) findings.push(`fsck ended with ${checked.code}`)
  const directory = join(system.folder, 'export')
  rmSync(directory, { recursive: true, force: true })
  const said: string[] = []
  const io = {
    env: { DATABASE_URL: databaseUrl, ACCORD_VAR: system.varDirectory },
    out: (line: string) => void said.push(line),
    err: () => {},
  }
  if ((await exportLogs([directory], io)) !== 0) return [...findings, `the export failed: ${said.join('; ')}`]
  const vkeys = [...system.checkpoints.vkeys.values()].join('\n')
  const vkeyFile = join(system.folder, 'vkeys')
  writeFileSync(vkeyFile, `${vkeys}\n`)
  if ((await verifyLog([directory, '--vkey', vkeyFile], io)) !== 0)
    findings.push(...said.filter((line) => line.startsWith('FAIL')).slice(0, 3))
  for (const [log, notes] of system.checkpoints.notes) findings.push(...notExtended(directory, log, [...notes], vkeys))
  return findings
}

/** Which of the checkpoints the exported entries do not hash to: one pass over the entries, whatever their number. */
export function notExtended(directory: string, log: string, notes: readonly string[], vkeys: string): string[] {
  const keys = readVkeys(vkeys)
  const heads = notes.map((note) => openHead(note, keys)).toSorted((a, b) => a.size - b.size)
  const files = exportFolder(directory)
  const tree = growingTree()
  const findings: string[] = []
  let size = 0
  const last = openHead(files.read(`${log}/checkpoint`) ?? '', keys).size
  const compare = () => {
    for (; heads[0] && heads[0].size <= size; heads.shift())
      if (heads[0].size < size || !same(heads[0].root, tree.root()))
        findings.push(`${log}: a checkpoint of ${heads[0].size} leaves was published that the log does not extend`)
  }
  compare()
  for (let n = 0; n * 256 < last; n += 1) {
    const width = Math.min(256, last - n * 256)
    const bytes = Buffer.from(files.read(`${log}/tile/entries/${tileNumber(n, width)}`) ?? [])
    for (let at = 0; at + 2 <= bytes.length; ) {
      const end = at + 2 + bytes.readUInt16BE(at)
      tree.push(hashOfLeaf(bytes.subarray(at + 2, end)))
      size += 1
      at = end
      compare()
    }
  }
  return [...findings, ...heads.map((head) => `${log}: a checkpoint of ${head.size} leaves was published, the export has ${size}`)].slice(
    0,
    3,
  )
}

/**
 * Logs that ended or were opened for an incident. No round makes one on the test system's own database: a restored backup is a copy. So a
 * service that ended one took a healthy log for a broken one.
 */
export async function endedLogs({ primary }: Pick<TestSystem, 'primary'>): Promise<string[]> {
  const sql = `select g.name, h.sealed_why, (select convert_from(leaf, 'UTF8')::json ->> 'why' from audit.leaf l where l.log_id = g.log_id and l.idx = 0) as opened
     from audit.log g join audit.head h using (log_id) where h.sealed_why = 'INCIDENT' or g.name !~ '^[a-z]+-[0-9]{4}$' order by g.log_id`
  const rows = await primary.ask<{ name: string; sealed_why: string | null; opened: string | null }>(DATABASE, sql)
  return rows.map(
    ({ name, sealed_why, opened }) =>
      `${name}: opened for ${opened}, ${sealed_why ? `ended for ${sealed_why}` : 'open'}: a healthy log was ended`,
  )
}

async function isSigned({ primary }: TestSystem): Promise<boolean> {
  const sql = `select bool_and(h.size = coalesce((select max(c.size) from audit.checkpoint c where c.log_id = h.log_id), 0)) as ok
     from audit.head h where h.sealed_why is distinct from 'INCIDENT'`
  const rows = await primary.ask<{ ok: boolean | null }>(DATABASE, sql).catch(() => [])
  return rows[0]?.ok === true
}
