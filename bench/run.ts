// `npm run bench`: what a decision costs, against an operation that decides nothing, in one run on one machine. `-- --quick` within a
// minute, `-- --full` with up to 100,000 agreements, `-- --record` the same and its figures into bench/figures.json, `-- --profile` where
// the time goes, `-- --overload [SECONDS]` only what more callers than can be answered get, `-- --searches [AGREEMENTS]` only searches. The last line is one JSON object; what is not built yet is null.
import { setTimeout as pause } from 'node:timers/promises'
import { type BatchLoad, batchLoad } from './batches.ts'
import { recordedFigures, recordFigures } from './content.ts'
import { measureEvaluation } from './evaluation.ts'
import { measureLists } from './lists.ts'
import { measureOverload } from './overload.ts'
import { askers, isKind, PAIRS, type PathLoad, pathLoad } from './path.ts'
import { profileLoad } from './profile.ts'
import { type Loads, measureRounds } from './rounds.ts'
import { measureSearches } from './searches.ts'
import { lagOf, publishAgreements } from './seed.ts'
import { measureSuspensions } from './suspensions.ts'
import { table } from './table.ts'
import { openTestSystem, type RunningService, type TestSystem } from './test-system.ts'

const mode =
  process.argv.includes('--full') || process.argv.includes('--record') ? 'full' : process.argv.includes('--quick') ? 'quick' : 'usual'
const rounds = mode === 'quick' ? 1 : 3
/** The usual run ends within four minutes, the quick one within one. */
const seconds = { full: 5, usual: 2, quick: 3 }[mode]
const AGREEMENTS = 1056
const OVERLOAD_SECONDS = 60
const SEARCHED = 100_000

const system = await openTestSystem()
try {
  if (process.argv.includes('--profile')) await profile(system)
  else if (process.argv.includes('--overload')) await overload(system)
  else if (process.argv.includes('--searches')) await searches(system)
  else {
    const figures = await run(system)
    compare(figures)
    if (process.argv.includes('--record')) recordFigures(figures)
    console.log(JSON.stringify(figures))
  }
} finally {
  await system.close()
}

/** `--profile [no-op | PERMIT | AuthZEN | "DENY with remedies" | refused | batch] [connections]`: one load, and where the service's time goes under it. */
async function profile(system: TestSystem): Promise<void> {
  const [what = 'PERMIT', connections = '64'] = process.argv.slice(process.argv.indexOf('--profile') + 1)
  if (!isKind(what) && what !== 'batch') throw new Error(`there is no load ${what}`)
  const databaseUrl = await system.database('bench')
  await publishAgreements(databaseUrl, 0, AGREEMENTS)
  const service = await system.service(databaseUrl)
  const batch: BatchLoad = { items: 1_000, answers: 'COMPACT' }
  await profileLoad(
    system,
    service,
    what === 'batch'
      ? { load: await batchLoad(system, service, batch, seconds), decisions: batch.items }
      : { load: pathLoad(service, await askers(system), { what, connections: Number(connections) }, seconds) },
  )
  await service.close()
}

/** `--overload [SECONDS]`: the two storms alone. */
async function overload(system: TestSystem): Promise<void> {
  const databaseUrl = await system.database('bench')
  await publishAgreements(databaseUrl, 0, AGREEMENTS)
  const seconds = Number(process.argv[process.argv.indexOf('--overload') + 1] ?? OVERLOAD_SECONDS)
  console.log(JSON.stringify(await measureOverload(system, databaseUrl, await askers(system), seconds)))
}

/** `--searches [AGREEMENTS]`: searches over so many agreements alone. */
async function searches(system: TestSystem): Promise<void> {
  const size = Number(process.argv[process.argv.indexOf('--searches') + 1] ?? SEARCHED)
  console.log(JSON.stringify({ agreements: size, search_p95_ms: (await measureSearches(system, [size]))[size] ?? null }))
}

async function run(system: TestSystem) {
  const databaseUrl = await system.database('bench')
  await publishAgreements(databaseUrl, 0, AGREEMENTS)
  const service = await system.service(databaseUrl)
  const path = await measurePath(system, service, databaseUrl)
  await service.close()
  const suspension = await measureSuspensions(system)
  const lists = await measureLists(system)
  const evaluation = measureEvaluation(mode === 'quick' ? [1_000, 10_000] : [1_000, 10_000, 100_000])
  const searches = mode === 'quick' ? {} : await measureSearches(system, mode === 'full' ? [10_000, SEARCHED] : [10_000])
  const stormed = mode === 'full' ? await measureOverload(system, databaseUrl, await askers(system), OVERLOAD_SECONDS) : null
  const loaded = mode === 'full' ? await measureLoading(system, 100_000) : null
  return {
    ...path,
    list_p95_ms: lists,
    suspension_ms: suspension,
    eval_ns_1k: evaluation[1_000] ?? null,
    eval_ns_10k: evaluation[10_000] ?? null,
    eval_ns_100k: evaluation[100_000] ?? null,
    search_10k_p95_ms: searches[10_000] ?? null,
    search_100k_p95_ms: searches[SEARCHED] ?? null,
    overload_evaluation_p99_ms: stormed?.overload_evaluation_p99_ms ?? null,
    overload_refused_p99_ms: stormed?.overload_refused_p99_ms ?? null,
    overload_recovery_ms: stormed?.overload_recovery_ms ?? null,
    load_100k_s: loaded?.seconds ?? null,
    load_100k_mb: loaded?.megabytes ?? null,
  }
}

/** The way of a decision from the socket to the record and back, beside the way that records nothing, and the same for many in one call. */
async function measurePath(system: TestSystem, service: RunningService, databaseUrl: string) {
  const asked = await askers(system)
  const of = (what: PathLoad['what'], connections: number) => ({ load: pathLoad(service, asked, { what, connections }, seconds) })
  const counted = { node: service.pid, postgres: system.postgresPid }
  const before = await lagOf(databaseUrl)
  console.log(
    `\n${rounds} rounds of ${seconds} s, ${PAIRS} pairs and tokens, ${AGREEMENTS} agreements; medians. Processor time is a decision's.`,
  )
  const path = await measureRounds(
    {
      'no-op, 64 connections': of('no-op', 64),
      'PERMIT, 64 connections': of('PERMIT', 64),
      'AuthZEN, 64 connections': of('AuthZEN', 64),
      'DENY with remedies, 64 connections': of('DENY with remedies', 64),
      'refused with 400, 64 connections': of('refused', 64),
      'PERMIT, 1 connection': of('PERMIT', 1),
      'no-op, 1 connection': of('no-op', 1),
    },
    { rounds, warmSeconds: 1, counted },
  )
  const batches: Record<string, Loads[string]> = {}
  for (const items of mode === 'quick' ? ([1_000] as const) : ([100, 1_000] as const))
    for (const answers of mode === 'quick' ? (['COMPACT'] as const) : (['FULL', 'COMPACT'] as const))
      batches[batchName(items, answers)] = { load: await batchLoad(system, service, { items, answers }, seconds), decisions: items }
  const batched = await measureRounds(batches, { rounds, warmSeconds: 2, counted })
  await pause(2_000)
  console.log(
    `entries not yet in the tree, and not yet in the search: ${JSON.stringify(before)} before, ${JSON.stringify(await lagOf(databaseUrl))} two seconds after`,
  )
  const permit = path['PERMIT, 64 connections']
  const noOp = path['no-op, 64 connections']['per s']
  const authzen = path['AuthZEN, 64 connections']['per s']
  console.log(`AuthZEN over native: ${(authzen / permit['per s']).toPrecision(3)} of its rate`)
  return {
    decision_over_noop_64: permit['per s'] / noOp,
    deny_over_permit_64: path['DENY with remedies, 64 connections']['per s'] / permit['per s'],
    authzen_over_noop_64: authzen / noOp,
    p50_1_ms: path['PERMIT, 1 connection']['p50 ms'],
    p99_64_ms: permit['p99 ms'],
    node_cpu_ms: permit['node ms'] as number,
    postgres_cpu_ms: permit['postgres ms'] as number,
    batch_decisions_per_s: batched[batchName(1_000, 'COMPACT')]?.['per s'] ?? null,
  }
}

function batchName(items: BatchLoad['items'], answers: BatchLoad['answers']): string {
  return `batches of ${items}, ${answers === 'FULL' ? 'full' : 'compact'}`
}

/** How long a service takes to load a policy of this size from the database, and what memory it holds then. */
async function measureLoading(system: TestSystem, count: number) {
  const databaseUrl = await system.database('bench_loading')
  await publishAgreements(databaseUrl, 0, count)
  const service = await system.service(databaseUrl)
  const { rss } = await service.memory()
  await service.close()
  console.log(`\na policy of ${count} agreements: loaded in ${(service.loadMs / 1000).toFixed(1)} s, ${Math.round(rss / 1e6)} MB`)
  return { seconds: service.loadMs / 1000, megabytes: rss / 1e6 }
}

/** Each figure against the one recorded for this repository; ratios of machines, so only a change of several tenths says much. */
function compare(figures: Readonly<Record<string, number | null>>): void {
  const recorded = recordedFigures()
  console.log('\nagainst the figures recorded in bench/figures.json:')
  table(
    Object.entries(figures).flatMap(([name, value]) => {
      const usual = recorded[name]
      return value === null || usual === null || usual === undefined
        ? []
        : [{ figure: name, now: value, recorded: usual, ratio: value / usual }]
    }),
  )
}
