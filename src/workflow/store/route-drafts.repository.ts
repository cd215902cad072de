import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { NewRoute } from '../model/route.ts'

/** The next version of a route, while its organisation writes it. */
export interface RouteDraft {
  readonly route: NewRoute
  /** The own version that was in force when it was begun; null: there was none. */
  readonly basedOn: number | null
  readonly changedAt: string
  readonly changedBy: Identity
}

/** A draft, and what names its state. */
export interface StoredRouteDraft {
  readonly draft: RouteDraft
  readonly state: string
}

/** Drafts of routes, one for each organisation and code. */
export function routeDraftsRepository(tx: Transaction) {
  const drafts = (owner: string) =>
    tx
      .selectFrom('sign_off_route_draft as d')
      .select(['d.route', 'd.based_on', 'd.state', 'd.issuer', 'd.subject', 'd.changed_at'])
      .where('d.owner', '=', owner)
  return {
    async find(owner: string, code: string): Promise<StoredRouteDraft | undefined> {
      const row = await drafts(owner).where('d.code', '=', code).executeTakeFirst()
      return row && stored(row)
    },

    async of(owner: string, limit: number): Promise<RouteDraft[]> {
      const rows = await drafts(owner).orderBy('d.code').limit(limit).execute()
      return rows.map((row) => stored(row).draft)
    },

    async save(owner: string, { route, basedOn, changedAt, changedBy }: RouteDraft, state: string): Promise<void> {
      const saved = { route: JSON.stringify(route), state, issuer: changedBy.issuer, subject: changedBy.sub, changed_at: changedAt }
      await tx
        .insertInto('sign_off_route_draft')
        .values({ owner, code: route.code, based_on: basedOn, ...saved })
        .onConflict((conflict) => conflict.columns(['owner', 'code']).doUpdateSet(saved))
        .execute()
    },

    async remove(owner: string, code: string): Promise<void> {
      await tx.deleteFrom('sign_off_route_draft').where('owner', '=', owner).where('code', '=', code).execute()
    },
  }
}

function stored(row: {
  readonly route: unknown
  readonly based_on: number | null
  readonly state: string
  readonly issuer: string
  readonly subject: string
  readonly changed_at: Date | string
}): StoredRouteDraft {
  const changedBy = { issuer: row.issuer, sub: row.subject }
  const changedAt = new Date(row.changed_at).toISOString()
  return { draft: { route: row.route as NewRoute, basedOn: row.based_on, changedAt, changedBy }, state: row.state }
}
