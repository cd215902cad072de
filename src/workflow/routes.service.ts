import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { sha256Hex } from '../audit/format/canonical-json.ts'
import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Fault, type Refusal, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import { type NewRoute, type Route, routeKey, type WrittenRoute } from './model/route.ts'
import { routeFaults } from './model/route-checks.ts'
import { routesRepository } from './store/routes.repository.ts'

const FOLDER = new URL('./routes/', import.meta.url)
const SCHEMA = 'route.schema.json'
const FAULTS_MAX = 50
const NO_SUCH_ROUTE = 'There is no such version of a route.'

/** The routes as this release ships them, in the order of their file names. @throws where one of them is not as it should be */
export function shippedRoutes(): Route[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json') && name !== SCHEMA)
  return names.toSorted().map((name) => {
    const route = fileIn(name)
    const faults = faultsOfRoute(route)
    if (faults.length > 0)
      throw new Error(`the route ${name} cannot be used: ${faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`)
    return route as Route
  })
}

/** Every fault of something that is to be a route: what its schema refuses, or else what the checks of its meaning do. */
export function faultsOfRoute(route: unknown): Fault[] {
  validate ??= new Ajv({ allErrors: true, strict: false }).compile(fileIn(SCHEMA) as object)
  if (validate(route)) return routeFaults(route as Route)
  return (validate.errors ?? [])
    .slice(0, FAULTS_MAX)
    .map(({ instancePath, message = 'does not fit' }) => ({ pointer: instancePath, detail: message, code: 'SCHEMA' }))
}
let validate: ReturnType<Ajv['compile']> | undefined

function fileIn(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
}

export interface RouteDone extends WorkDone<WrittenRoute> {
  readonly route: WrittenRoute
}

export interface RoutesOptions {
  readonly db: Database
  readonly commands: CommandsService
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

export type RoutesService = ReturnType<typeof routesService>

/** Routes as people read them, and as an organisation writes its own. A version never changes once it is stored. */
export function routesService({ db, commands, mustBeConfirmed }: RoutesOptions) {
  const kind: SubjectKind<never, RouteDone> = {
    type: 'sign-off route',
    unknown: NO_SUCH_ROUTE,
    readerFor: () => ({ kind: 'system' }),
    lock: async () => undefined,
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: async (_tx, { done }) => String(done.route.version),
    publish: async () => undefined,
    record: ({ id, now, done }) => ({ payload: { at: now, route: id, detail: done.detail } }),
    known: async () => undefined,
  }
  const reading = <T>(work: (tx: Transaction) => Promise<T>) => withTransaction(db, work)

  return {
    /** The newest version of each route: everybody's, and those of an organisation. */
    list: (owner: string): Promise<WrittenRoute[]> => reading((tx) => routesRepository(tx).newest(null, [owner])),

    /** One version. */
    read: (named: Pick<Route, 'owner' | 'code' | 'version'>): Promise<Result<WrittenRoute, Refusal>> =>
      reading(async (tx) => {
        const [route] = await routesRepository(tx).versions(named, named.version + 1, 1)
        return route?.version === named.version ? ok(route) : refuse(refusal('NOT_FOUND', NO_SUCH_ROUTE))
      }),

    /** The versions of a route, the newest first. Refused where there is none. */
    versions: (
      named: Pick<Route, 'owner' | 'code'>,
      { before, limit }: { readonly before: number | null; readonly limit: number },
    ): Promise<Result<{ readonly versions: readonly WrittenRoute[]; readonly nextBefore: number | null }, Refusal>> =>
      reading(async (tx) => {
        const found = await routesRepository(tx).versions(named, before, limit + 1)
        if (found.length === 0 && before === null) return refuse(refusal('NOT_FOUND', NO_SUCH_ROUTE))
        const versions = found.slice(0, limit)
        return ok({ versions, nextBefore: found.length > limit ? (versions.at(-1)?.version ?? null) : null })
      }),

    /** Writes the next version of a route of the caller's organisation. @throws Refused 422 naming each fault of it */
    write: (call: Call, asked: NewRoute): Promise<CommandResult<WrittenRoute>> =>
      commands.create<WrittenRoute, RouteDone>(
        kind,
        { ...call, act: 'write', event: 'sign_off_route.written' },
        async ({ tx, principal, now }) => routeDone(await nextVersion(tx, principal.org, asked, now)),
      ),
  }
}

/** Stores what is written as the next version of the route of an organisation. @throws Refused 422 naming each fault of it */
export async function nextVersion(tx: Transaction, owner: string, asked: NewRoute, now: string): Promise<WrittenRoute> {
  const repository = routesRepository(tx)
  await repository.lockOwner(owner)
  const [newest] = await repository.versions({ owner, code: asked.code }, null, 1)
  const route: Route = { ...asked, owner, version: (newest?.version ?? 0) + 1 }
  const faults = faultsOfRoute(route)
  if (faults.length > 0) throw refused('UNPROCESSABLE', 'This route cannot be used.', faults)
  await repository.add(route, now)
  return { ...route, written_at: now }
}

/** A version that was written, as history and log hold it. */
export function routeDone(route: WrittenRoute): RouteDone {
  const { written_at: _at, ...written } = route
  return { id: routeKey(route), route, detail: { hash: sha256Hex(stableJson(written)) }, outcome: route }
}

/**
 * Stores the routes that this release ships, where they are not stored yet: a sign-off keeps the version that it began with.
 * @throws where another text is stored under the same version: what is shipped anew is a new version
 */
export async function storeShippedRoutes(db: Database, clock: Clock): Promise<void> {
  const routes = shippedRoutes()
  await withTransactionAs(db, { kind: 'system' }, async (tx) => {
    const repository = routesRepository(tx)
    const stored = await repository.byKey(routes.map(routeKey))
    for (const route of routes) {
      const known = stored[routeKey(route)]
      if (!known) await repository.add(route, clock().toISOString())
      else if (stableJson(known) !== stableJson(route))
        throw new Error(`the route ${routeKey(route)} is stored with another text: raise its version instead of changing it`)
    }
  })
}
