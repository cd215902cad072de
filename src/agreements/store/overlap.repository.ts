import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** What is asked for, by the codes that answer it. */
export interface NearQuery {
  readonly orgs: readonly string[]
  /** PURPOSE codes that hang together with the one asked for, each with how near it is; null: any purpose. */
  readonly purposes: ReadonlyMap<string, number> | null
  /** DATA_ITEM codes of each category asked for. */
  readonly categories: readonly (readonly string[])[]
}

/** Agreements of which the same is known before they are read: they are no nearer than this, and may be less near. */
export interface NearAgreements {
  /** How many of the organisations they list, or listed. */
  readonly parties: number
  /** How near the nearest purpose of a version of them is; 0: none hangs together. */
  readonly weight: number
  /** Whether a version of them holds no flows. */
  readonly is_silent: boolean
  readonly categories: number
  readonly ids: readonly string[]
}

/**
 * References of agreements that come near what is asked for, and that the reader of the transaction may know something of. Whether they
 * may know the agreement, and what of it, is for whoever reads it to ask.
 */
export async function nearAgreements(tx: Transaction, { orgs, purposes, categories }: NearQuery): Promise<NearAgreements[]> {
  const items = categories.flatMap((codes, index) => codes.map((code) => [code, index] as const))
  const { rows } =
    await sql<NearAgreements>`select parties, weight, is_silent, categories, ids from public.near_agreements(${[...orgs]}::text[],
    ${purposes && [...purposes.keys()]}::text[], ${purposes && [...purposes.values()]}::double precision[],
    ${items.map(([code]) => code)}::text[], ${items.map(([, index]) => index)}::integer[])`.execute(tx)
  return rows
}

/** References of agreements that list one of these organisations, and that the reader may see; the newest change first. */
export async function agreementsListing(tx: Transaction, orgs: readonly string[], atMost: number): Promise<string[]> {
  if (orgs.length === 0) return []
  const rows = await tx
    .selectFrom('agreement as a')
    .select('a.id')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('agreement_party as p')
          .select('p.org')
          .whereRef('p.agreement_id', '=', 'a.id')
          .where('p.org', 'in', [...orgs]),
      ),
    )
    .where('a.status', 'not in', ['REJECTED', 'WITHDRAWN'])
    .orderBy('a.updated_at', 'desc')
    .orderBy('a.id')
    .limit(atMost)
    .execute()
  return rows.map(({ id }) => id)
}
