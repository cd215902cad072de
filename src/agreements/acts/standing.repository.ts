import type { Transaction } from '../../platform/database/database.ts'
import type { AgreementStatus } from '../agreement.ts'

/** A party as it is named when it is invited. */
export interface NewParty {
  readonly org: string
  readonly role: string
  readonly capacities: readonly string[]
  readonly invitedAt: string
}

/** An organisation that was invited and has not signed yet. */
export interface Invitee {
  readonly org: string
  /** Versions frozen since: their text names it among those who sign. Of the earlier ones it is not a party until it signs (LC-4). */
  readonly namedIn: ReadonlySet<number>
}

/** How an agreement and its parties stand: status, end, review, who has joined and left. */
export function standingRepository(tx: Transaction) {
  return {
    async setStatus(id: string, status: AgreementStatus): Promise<void> {
      await tx.updateTable('agreement').set({ status }).where('id', '=', id).execute()
    },

    async terminate(id: string, at: string, status: AgreementStatus): Promise<void> {
      await tx.updateTable('agreement').set({ terminated_at: at, status }).where('id', '=', id).execute()
    },

    async setReviewDue(id: string, day: string): Promise<void> {
      await tx.updateTable('agreement').set({ review_due: day }).where('id', '=', id).execute()
    },

    /** Months between reviews as the agreement names them, null when it does not. */
    async reviewCycle(id: string): Promise<number | null> {
      const row = await tx.selectFrom('agreement as a').select('a.review_cycle_months').where('a.id', '=', id).executeTakeFirstOrThrow()
      return row.review_cycle_months
    },

    async leave(id: string, org: string, at: string): Promise<void> {
      await tx.updateTable('agreement_party').set({ left_at: at }).where('agreement_id', '=', id).where('org', '=', org).execute()
    },

    async invite(id: string, party: NewParty): Promise<void> {
      const last = await tx
        .selectFrom('agreement_party as p')
        .select('p.position')
        .where('p.agreement_id', '=', id)
        .orderBy('p.position', 'desc')
        .limit(1)
        .executeTakeFirst()
      await tx
        .insertInto('agreement_party')
        .values({
          agreement_id: id,
          org: party.org,
          position: (last?.position ?? -1) + 1,
          role: party.role,
          capacities: [...party.capacities],
          contacts: '{}',
          invited_at: party.invitedAt,
        })
        .execute()
    },

    /** Notes that an invited organisation has signed; answers whether it was waiting for that. */
    async join(id: string, org: string, at: string): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('agreement_party')
        .set({ joined_at: at })
        .where('agreement_id', '=', id)
        .where('org', '=', org)
        .where('invited_at', 'is not', null)
        .where('joined_at', 'is', null)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },

    /** Organisations that were invited and have not signed yet, by agreement. */
    async invitees(ids: readonly string[]): Promise<ReadonlyMap<string, readonly Invitee[]>> {
      if (ids.length === 0) return new Map()
      const rows = await tx
        .selectFrom('agreement_party as p')
        .leftJoin('agreement_version as v', (join) =>
          join.onRef('v.agreement_id', '=', 'p.agreement_id').onRef('v.frozen_at', '>', 'p.invited_at'),
        )
        .select(['p.agreement_id', 'p.org', 'v.version'])
        .where('p.agreement_id', 'in', [...ids])
        .where('p.invited_at', 'is not', null)
        .where('p.joined_at', 'is', null)
        .execute()
      const byId = new Map<string, Map<string, Set<number>>>()
      for (const { agreement_id, org, version } of rows) {
        const ofAgreement = byId.get(agreement_id) ?? new Map<string, Set<number>>()
        const named = ofAgreement.get(org) ?? new Set()
        if (version !== null) named.add(version)
        byId.set(agreement_id, ofAgreement.set(org, named))
      }
      return new Map([...byId].map(([id, found]) => [id, [...found].map(([org, namedIn]) => ({ org, namedIn }))]))
    },

    /** Agreements that name an organisation and have neither ended nor been given up, each with all its parties. */
    async openAgreementsOf(org: string, now: string): Promise<{ readonly agreementId: string; readonly orgs: readonly string[] }[]> {
      const rows = await tx
        .selectFrom('agreement as a')
        .innerJoin('agreement_party as mine', 'mine.agreement_id', 'a.id')
        .innerJoin('agreement_party as p', 'p.agreement_id', 'a.id')
        .select(['a.id', 'p.org'])
        .where('mine.org', '=', org)
        .where('a.status', 'in', ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE'])
        .where((eb) => eb.or([eb('a.terminated_at', 'is', null), eb('a.terminated_at', '>', now)]))
        .orderBy('a.id')
        .orderBy('p.position')
        .execute()
      const byId = new Map<string, string[]>()
      for (const row of rows) byId.set(row.id, [...(byId.get(row.id) ?? []), row.org])
      return [...byId].map(([agreementId, orgs]) => ({ agreementId, orgs }))
    },
  }
}
