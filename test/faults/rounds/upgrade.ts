import { join } from 'node:path'
import { createDatabase } from '../../../src/platform/database/create-database.ts'
import { migrate, OtherMigrationsError } from '../../../src/platform/database/migrate.ts'
import { lacksRevision, type Release, takeOut, withOneMore } from '../releases.ts'
import { answersAfter, answersWithin, judged, type Round, type RoundContext, sleep, underLoad } from '../round.ts'
import type { ServiceProcess, ServiceSettings } from '../service-process.ts'
import { DATABASE, type TestSystem } from '../test-system.ts'
import { openSingle } from '../test-systems.ts'
import { instant } from '../words.ts'

/** The last commit before AuthZEN, searches and batches came. */
const BEFORE_AUTHZEN = 'f47ed15d575ccf3e9caf6062682d0cf9db3b3c3e'
/** What the round's own new release brings: to tables that acts and answers read and write all along. */
const ONE_MORE = '9999_fault_round'
const ONE_MORE_SQL = `alter table public.suspension add column fault_round text;
alter table public.agreement add column fault_round text;
create index agreement_by_fault_round on public.agreement (fault_round);
create table public.fault_round (id uuid primary key, agreement_id text references public.agreement (id));`
/** Requests under way at a node that a proxy has just taken out. */
const TAKEN_OUT_MS = 300
const START_LIMIT_MS = 120_000

export const rollingUpgrade = rollingUpgradeFrom(BEFORE_AUTHZEN)

/**
 * Two nodes of an older revision are replaced one after the other by the present tree under load, on one database; the first new one migrates
 * while the old ones serve. Then an old one is started again beside them, which is the way back that the runbook gives.
 */
export function rollingUpgradeFrom(revision: string): Round {
  return {
    kind: 'rolling-upgrade',
    faults: 'upgrade',
    on: 'own',
    lacks: () => lacksRevision(revision),
    open: openSingle,
    run: (context) => upgraded(context, revision),
  }
}

async function upgraded({ system }: RoundContext, revision: string) {
  const old = takeOut(revision, join(system.folder, 'old'))
  const present = { migrations: withOneMore(join(system.folder, 'migrations'), ONE_MORE, ONE_MORE_SQL) }
  const refused = await refusal(system, old)
  // On a schema that was edited under it, the older code serves what it is asked here, but cannot write every table of the register.
  if (old.edited.length > 0) await takenOut(system, await started(system))
  const first = await started(system, { root: old.root })
  const second = await started(system, { root: old.root })
  const before = await appliedMigrations(system)
  const at = { migrating: 0, migrated: 0, upgraded: 0, back: 0 }
  const codes: (number | null)[] = []
  const loaded = await underLoad(system, async () => {
    await sleep(1_000)
    at.migrating = instant()
    await started(system, present)
    at.migrated = instant()
    await sleep(1_000)
    codes.push(await takenOut(system, first))
    await started(system, present)
    codes.push(await takenOut(system, second))
    at.upgraded = instant()
    await sleep(1_000)
    const again = await started(system, { root: old.root })
    at.back = instant()
    await sleep(1_000)
    codes.push(await takenOut(system, again))
  })
  const migrated = (await appliedMigrations(system)).filter((name) => !before.includes(name))
  const whileMigrating = answersWithin(loaded.seen, at.migrating, at.migrated)
  const others = [...loaded.seen.statuses].filter(([status]) => !/^(200|503)$/.test(status)).map(([status, count]) => `${count} ${status}`)
  const findings = [
    refused,
    others.length > 0 && `replies during the changeover other than answers and 503: ${others.join(', ')}`,
    loaded.seen.withoutRetryAfter > 0 && `${loaded.seen.withoutRetryAfter} refusals without Retry-After`,
    whileMigrating === 0 && 'no answer while the new release migrated',
    migrated.join() !== [...old.pending, ONE_MORE].join() && `migrated were ${migrated.join(', ') || 'none'}`,
    codes.some((code) => code !== 0) && `nodes taken out ended with ${codes.join(', ')}`,
    !answersAfter(loaded.seen, at.upgraded) && 'no answer after the upgrade',
    !answersAfter(loaded.seen, at.back) && 'no answer with an old node back',
  ]
  const notes = {
    from: old.revision,
    schema: old.edited.length > 0 ? `the present one (${old.edited.length} of its files edited since or added among them)` : 'its own',
    migrated: migrated.join('+'),
    while_migrating: whileMigrating,
    migrating_ms: Math.round(at.migrated - at.migrating),
  }
  return judged(loaded, { findings, notes })
}

/** A node more. It compiles its code while the others keep the machine busy, so it is given time. */
async function started(system: TestSystem, settings: Partial<ServiceSettings> = {}): Promise<ServiceProcess> {
  const node = await system.launch(settings)
  await node.ready(START_LIMIT_MS)
  return node
}

/** A proxy stops sending to a node, then it is told to end. */
async function takenOut(system: TestSystem, node: ServiceProcess): Promise<number | null> {
  system.services.splice(system.services.indexOf(node), 1)
  await sleep(TAKEN_OUT_MS)
  return (await node.drain()).code
}

/** A database that the revision's own files made, if they were edited since, must be refused rather than misread. */
async function refusal(system: TestSystem, old: Release): Promise<string | false> {
  const name = `${DATABASE}_of_before`
  await createDatabase(system.primary.url('postgres'), name)
  await migrate({ url: system.primary.url(name), directory: old.ownMigrations })
  const outcome = await migrate({ url: system.primary.url(name) }).then(
    () => 'migrated' as const,
    (error: Error) => error,
  )
  await system.primary.ask('postgres', `drop database ${name} with (force)`)
  if (old.edited.length > 0)
    return !(outcome instanceof OtherMigrationsError) && 'a database made by files that were edited since is not refused'
  return outcome instanceof Error && `a database of ${old.revision} is not migrated: ${outcome.message}`
}

async function appliedMigrations(system: TestSystem): Promise<string[]> {
  const rows = await system.primary.ask<{ name: string }>(DATABASE, 'select name from public.migration_header order by name')
  return rows.map(({ name }) => name)
}
