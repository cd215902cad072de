// `npm test [-- FILES]`: every test on the PostgreSQL of npm. `npm run test:all [-- FILES]`: what that leaves out, which is PostgreSQL 15
// (the oldest version supported), properties and the contract fuzzer tried far more often, every page in every state, what measures how
// long others wait, and the fault rounds. `npm run generate:queries [-- FILES]` writes sql/queries.sql. A test that fails once has failed.
// `TEST_SEED` repeats a run's chances, `TEST_JOBS` says how many processes run tests.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { hasPostgres15, openFolder, POSTGRES_15 } from '../support/postgres.ts'
import { type Leg, runLeg } from './leg.ts'
import { readQueries, readRecorded, writeQueries } from './recorded-queries.ts'
import type { Totals } from './tap-report.ts'

const root = resolve(import.meta.dirname, '../..')
process.env['TEST_SEED'] ??= String(Math.floor(Math.random() * 2 ** 31))
/** Whether other work shares the machine, so that how long others wait says nothing, and each change would pay for the rest. */
const isShared = process.env['CI'] !== undefined
/** Of `npm run test:all`: how many times as often as in `npm test` a property is tried. */
const PROPERTY_TIMES = isShared ? '3' : '10'
/** Calls of each operation by the contract fuzzer. */
const FUZZ_RUNS = '30'
/** A quick pass; `npm run faults -- --rounds 23` is each kind once. */
const FAULT_ROUNDS = 4

/** Of test/integration: what is about a program, a file or a message, whatever the version of the database. */
const notOfPostgres = '(?!walks|start-refused|first-start|example-clients|mail-|edition|evidence-export|cnil-command)'
/** On the oldest version: everything about the database itself, and the use cases with the most SQL of their own. */
const talksToPostgres = new RegExp(
  `^test/(integration/${notOfPostgres}|api/(agreement-list|decision-log|decisions-recording|log|signing)\\.test\\.ts$)`,
)
/** What measures how long others wait: no other test may share the machine with it, and `npm test` has no time for it. */
const measures = /^test\/fault\/hostile-callers\.test\.ts$/

/** The test files of a folder, or the file itself. */
function filesOf(path: string): readonly string[] {
  if (!statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()) return [path]
  const names = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(path, name))
}

/** The long ones first, so that no process is left with one of them at the end. */
function everyFile(): readonly string[] {
  return ['fault', 'integration', 'web', 'api', 'guard', 'unit'].flatMap((folder) => filesOf(`test/${folder}`))
}

function triesProperties(file: string): boolean {
  return readFileSync(join(root, file), 'utf8').includes("from 'fast-check'")
}

const WALKING: Leg = {
  ...{ title: 'every page in every state', files: ['test/web/every-page.test.ts'], jobs: 1 },
  environment: { EVERY_STATE: 'yes', FILE_LIMIT_MS: '1200000' },
}
const MEASURING: Leg = { title: 'what measures, by itself', files: everyFile().filter((file) => measures.test(file)), jobs: 1 }

function firstLegs(given: readonly string[]): readonly Leg[] {
  const files = given.length > 0 ? given : everyFile()
  const url = process.env['TEST_DATABASE_URL']
  const title = url ? 'the server of TEST_DATABASE_URL' : 'PostgreSQL of npm'
  const measuring = given.filter((file) => measures.test(file))
  return [
    { title, files: files.filter((file) => !measures.test(file)), ...(url ? { url } : {}) },
    { ...MEASURING, files: measuring },
  ]
}

function furtherLegs(given: readonly string[]): readonly Leg[] {
  const files = given.length > 0 ? given : everyFile().filter((file) => talksToPostgres.test(file))
  if (!hasPostgres15) console.log(`\nSKIPPED: PostgreSQL 15 is not installed (${POSTGRES_15}); its tests run on the PostgreSQL of npm only`)
  const oldest = hasPostgres15 ? [{ title: 'PostgreSQL 15', files, binaries: POSTGRES_15 }] : []
  if (given.length > 0) return oldest
  if (isShared) {
    console.log('\nSKIPPED on CI: hostile callers beside a bystander (npm test -- test/fault/hostile-callers.test.ts)')
    console.log('SKIPPED on CI: every page in every state (EVERY_STATE=yes npm test -- test/web/every-page.test.ts)')
    console.log(
      'SKIPPED on CI: more calls of the contract fuzzer than npm test makes (FUZZ_RUNS=30 npm test -- test/api/contract-fuzz.test.ts)',
    )
  }
  return [
    ...oldest,
    {
      title: `properties, ${PROPERTY_TIMES} times as often${isShared ? '' : `, and the contract fuzzer, ${FUZZ_RUNS} calls an operation`}`,
      files: [...(isShared ? [] : ['test/api/contract-fuzz.test.ts']), ...filesOf('test/unit').filter(triesProperties)],
      environment: { FUZZ_RUNS, PROPERTY_TIMES, FILE_LIMIT_MS: '600000' },
    },
    ...(isShared ? [] : [WALKING, MEASURING]),
  ]
}

/** A quick pass of the fault rounds: each counts as one test. */
function faultRounds(): Totals {
  console.log(`\n== npm run faults -- --rounds ${FAULT_ROUNDS}`)
  const folder = openFolder('accord-test-faults')
  const command = ['--import=tsx', 'test/faults/run.ts', '--rounds', String(FAULT_ROUNDS), '--seed', String(process.env['TEST_SEED'])]
  const run = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', env: { ...process.env, ACCORD_VAR: folder } })
  console.log(`${run.stdout}${run.stderr}`)
  rmSync(folder, { recursive: true, force: true })
  const counts = /^\{"seed".*\}$|^\{.*"rounds".*\}$/m.exec(run.stdout)?.[0]
  const { rounds = 0, failed = 0 } = counts ? (JSON.parse(counts) as { rounds: number; failed: number }) : {}
  const bad = run.status === 0 ? 0 : Math.max(1, failed)
  return { passed: Math.max(0, rounds - bad), failed: bad, skipped: 0 }
}

const DEMOS = ['drafting', 'sign-off', 'register-import', 'dpia'] as const

/** The demos, each told over HTTP to a service of its own: what it says at the end counts, each event and decision as one test. */
function demos(): Totals {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const name of DEMOS) {
    console.log(`\n== npm run accord -- demo ${name}`)
    const folder = openFolder('accord-test-demo')
    const command = ['--import=tsx', 'src/cli.ts', 'demo', name]
    const run = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', env: { ...process.env, ACCORD_VAR: folder } })
    rmSync(folder, { recursive: true, force: true })
    const [, events, decisions, surprises] = /^(\d+) events, (\d+) decisions, (\d+) surprises$/m.exec(run.stdout) ?? []
    const failed = run.status === 0 && surprises === '0' ? 0 : Math.max(1, Number(surprises ?? 1))
    if (failed > 0)
      console.log(
        `${run.stdout}${run.stderr}`
          .split('\n')
          .filter((line) => !/ -> 2\d\d$/.test(line))
          .join('\n'),
      )
    totals.passed += Math.max(0, Number(events ?? 0) + Number(decisions ?? 0) - failed)
    totals.failed += failed
  }
  return totals
}

/** Statements that sql/queries.sql lacks count as failures; those it has and nobody sent are named. */
function compareQueries(folder: string): Totals {
  const [seen, known] = [readRecorded(folder), readQueries()]
  const lacking = [...seen].filter(([text]) => !known.has(text))
  for (const [text, files] of lacking) console.log(`FAIL sql/queries.sql lacks, of ${[...files].join(', ')}:\n     ${text}`)
  for (const [text] of known) if (!seen.has(text)) console.log(`sql/queries.sql holds what nobody sent: ${text}`)
  if (lacking.length > 0) console.log('     npm run generate:queries -- FILES adds what the tests of these files send')
  return { passed: seen.size - lacking.length, failed: lacking.length, skipped: 0 }
}

const flags = process.argv.slice(2).filter((arg) => arg.startsWith('--'))
const isFurther = flags.includes('--further')
const isRecording = flags.includes('--record')
const given = process.argv
  .slice(2)
  .filter((arg) => !arg.startsWith('--'))
  .flatMap((file) => filesOf(relative(root, resolve(file))))
console.log(`TEST_SEED=${process.env['TEST_SEED']}`)
// Whatever a test leaves behind lies in here, and goes with it.
const temporary = openFolder('accord-run')
process.env['TMPDIR'] = temporary
const queries = isRecording || (!isFurther && given.length === 0) ? openFolder('accord-test-queries') : undefined
if (queries) process.env['TEST_QUERIES'] = queries
const totals: Totals[] = []
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopped = true))
for (const leg of isFurther ? furtherLegs(given) : firstLegs(given)) if (leg.files.length > 0 && !isStopped) totals.push(await runLeg(leg))
if (isFurther && given.length === 0 && !isStopped) totals.push(faultRounds(), demos())
if (queries) {
  if (isRecording && !isStopped) writeQueries(readRecorded(queries), given.length === 0)
  else if (!isStopped) totals.push(compareQueries(queries))
}
rmSync(temporary, { recursive: true, force: true })
const sum = (of: keyof Totals) => totals.reduce((total, leg) => total + leg[of], 0)
if (sum('skipped') > 0) console.log(`\nSKIPPED: ${sum('skipped')} tests`)
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') === 0 ? 0 : 1
