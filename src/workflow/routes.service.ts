import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { type Database, withTransaction } from '../platform/database/database.ts'
import { readAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { Fault } from '../platform/kernel/refusal.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import { type Route, routeKey } from './model/route.ts'
import { routeFaults } from './model/route-checks.ts'
import { routesRepository } from './store/routes.repository.ts'

const FOLDER = new URL('./routes/', import.meta.url)
const SCHEMA = 'route.schema.json'
const FAULTS_MAX = 50

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

/**
 * Stores the routes that this release ships, where they are not stored yet: a sign-off keeps the version that it began with.
 * @throws where another text is stored under the same version: what is shipped anew is a new version
 */
export async function storeShippedRoutes(db: Database, clock: Clock): Promise<void> {
  const routes = shippedRoutes()
  await withTransaction(db, async (tx) => {
    await readAs(tx, { kind: 'system' })
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
