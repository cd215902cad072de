import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { type Route, routeKey, type WrittenRoute } from '../model/route.ts'

/** The class of advisory locks under which an organisation writes its routes one after the other. */
const ROUTES_LOCK = 716_611_164

/** Routes as they are stored, every version for ever. */
export function routesRepository(tx: Transaction) {
  return {
    /** Routes by their keys; those that are stored nowhere are left out. */
    async byKey(keys: readonly string[]): Promise<Readonly<Record<string, Route>>> {
      if (keys.length === 0) return {}
      const rows = await tx.selectFrom('sign_off_route as r').select(['r.key', 'r.route']).where('r.key', 'in', keys).execute()
      return Object.fromEntries(rows.map(({ key, route }) => [key, route as unknown as Route]))
    },

    /** The newest version of these codes, or of all, everybody's and those of some organisations. */
    async newest(codes: readonly string[] | null, owners: readonly string[]): Promise<WrittenRoute[]> {
      const rows = await tx
        .selectFrom('sign_off_route as r')
        .distinctOn(['r.code', 'r.owner'])
        .select(['r.route', 'r.at'])
        .$if(codes !== null, (query) => query.where('r.code', 'in', codes ?? []))
        .where((eb) => eb.or([eb('r.owner', 'is', null), sql<boolean>`r.owner = any (${owners}::text[])`]))
        .orderBy('r.code')
        .orderBy('r.owner')
        .orderBy('r.version', 'desc')
        .execute()
      return rows.map(written)
    },

    /** Versions of one route, the newest first: those before one, where it is named. */
    async versions({ owner, code }: Pick<Route, 'owner' | 'code'>, before: number | null, limit: number): Promise<WrittenRoute[]> {
      const rows = await tx
        .selectFrom('sign_off_route as r')
        .select(['r.route', 'r.at'])
        .where('r.owner', 'is not distinct from', owner)
        .where('r.code', '=', code)
        .$if(before !== null, (query) => query.where('r.version', '<', before ?? 0))
        .orderBy('r.version', 'desc')
        .limit(limit)
        .execute()
      return rows.map(written)
    },

    /** Lets nobody else write a route of this organisation until the transaction ends. */
    async lockOwner(owner: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(${ROUTES_LOCK}, hashtext(${owner}))`.execute(tx)
    },

    /** Stores a version; answers whether it was new. */
    async add(route: Route, at: string): Promise<boolean> {
      const { owner, code, version } = route
      const row = await tx
        .insertInto('sign_off_route')
        .values({ key: routeKey(route), owner, code, version, route: JSON.stringify(route), at })
        .onConflict((conflict) => conflict.doNothing())
        .returning('key')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}

function written({ route, at }: { readonly route: unknown; readonly at: string }): WrittenRoute {
  return { ...(route as Route), written_at: at }
}
