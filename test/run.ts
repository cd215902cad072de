// `npm test`: one throw-away PostgreSQL, one template database, tap over every test; then the parts that talk to
// PostgreSQL once more on PostgreSQL 15, the oldest version supported. Arguments go to tap: `npm test -- test/unit/x.test.ts`.
import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { dropDatabase } from '../src/platform/database/create-database.ts'
import { hasPostgres15, POSTGRES_15, throwAwayPostgres } from './support/postgres.ts'
import { runTap, type TapRun } from './support/tap-leg.ts'
import type { Totals } from './support/tap-report.ts'
import { buildTemplate, TEMPLATE } from './support/template.ts'

const root = resolve(import.meta.dirname, '..')
/** Failing files that may be an accident of a busy machine. */
const UNSTEADY_MAX = 3
/** On the oldest version: everything about the database itself, and the use cases with the most SQL of their own. */
const talksToPostgres = /^test\/(integration\/|api\/(agreement-list|decision-log|decisions-recording|log|signing)\.test\.ts$)/

/** What measures how long others wait: no other test may share the machine with it. */
const measures = /^test\/fault\/hostile-callers\.test\.ts$/

interface Leg {
  readonly title: string
  readonly flags: readonly string[]
  readonly files: readonly string[]
  /** The server's own programs; undefined takes those of npm. */
  readonly binaries?: string
  /** A server that runs already, instead of a throw-away one. */
  readonly url?: string
}

async function runLeg(leg: Leg): Promise<Totals> {
  console.log(`\n== ${leg.title}`)
  const cluster = leg.url ? undefined : await throwAwayPostgres(leg.binaries ? { binaries: leg.binaries } : {})
  const url = leg.url ?? cluster?.url('postgres') ?? ''
  try {
    // A server that outlives the run may hold the template of an earlier one.
    if (leg.url) await dropDatabase(url, TEMPLATE)
    await buildTemplate(url)
    const environment = {
      TEST_DATABASE_URL: url,
      TEST_TEMPLATE_IS_BUILT: 'yes',
      ...(leg.binaries ? { TEST_POSTGRES_BINARIES: leg.binaries } : {}),
    }
    return await alone(await apart(leg, environment), environment)
  } finally {
    await cluster?.remove()
  }
}

/** Runs the files of a leg side by side, and after them by themselves those that measure. */
async function apart({ flags, files }: Leg, environment: Readonly<Record<string, string>>): Promise<TapRun> {
  const runs: TapRun[] = []
  const beside = files.filter((file) => !measures.test(file))
  if (beside.length > 0) runs.push(await runTap([...flags, ...beside], environment))
  for (const file of files.filter((name) => measures.test(name))) runs.push(await runTap([...flags, '--jobs=1', file], environment))
  const sum = (of: (run: TapRun) => number) => runs.reduce((total, run) => total + of(run), 0)
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    failedFiles: runs.flatMap(({ failedFiles }) => failedFiles),
  }
}

/**
 * Tests that fail beside others on a busy machine are run once more, alone; what they say then counts. A file that passes
 * only alone is named, to be mended. More than a few failing files are no accident and are not run again.
 */
async function alone(beside: TapRun, environment: Readonly<Record<string, string>>): Promise<Totals> {
  const { failedFiles } = beside
  if (failedFiles.length === 0 || failedFiles.length > UNSTEADY_MAX) return beside
  console.log(`\n== once more, alone: ${failedFiles.join(', ')}`)
  const again = await runTap(['--jobs=1', ...failedFiles], environment)
  for (const file of failedFiles) if (!again.failedFiles.includes(file)) console.log(`UNSTEADY ${file}: failed beside others, passed alone`)
  return { passed: beside.passed + again.passed, failed: again.failed, skipped: beside.skipped }
}

function legs(given: readonly string[]): readonly Leg[] {
  const files = given.filter((arg) => !arg.startsWith('-')).flatMap((file) => filesOf(relative(root, resolve(file))))
  const flags = given.filter((arg) => arg.startsWith('-'))
  const url = process.env['TEST_DATABASE_URL']
  const first = {
    title: url ? 'the server of TEST_DATABASE_URL' : 'PostgreSQL of npm',
    flags,
    files: files.length > 0 ? files : filesOf('test'),
    ...(url ? { url } : {}),
  }
  const again =
    files.length > 0
      ? files.filter((file) => /^test\/(integration|api)\//.test(file))
      : ['test/integration', 'test/api'].flatMap(filesOf).filter((file) => talksToPostgres.test(file))
  if (url || again.length === 0) return [first]
  if (!hasPostgres15) {
    console.log(`\nSKIPPED: PostgreSQL 15 is not installed (${POSTGRES_15}); its tests run on the PostgreSQL of npm only`)
    return [first]
  }
  return [first, { title: 'PostgreSQL 15: the database, and the use cases with the most SQL', flags, files: again, binaries: POSTGRES_15 }]
}

/** The test files of a folder, or the file itself; tap takes files only. */
function filesOf(path: string): readonly string[] {
  if (!statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()) return [path]
  const names = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(path, name))
}

const totals: Totals[] = []
for (const leg of legs(process.argv.slice(2))) totals.push(await runLeg(leg))
const passed = totals.reduce((sum, leg) => sum + leg.passed, 0)
const failed = totals.reduce((sum, leg) => sum + leg.failed, 0)
const skipped = totals.reduce((sum, leg) => sum + leg.skipped, 0)
if (skipped > 0) console.log(`\nSKIPPED: ${skipped} tests`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
