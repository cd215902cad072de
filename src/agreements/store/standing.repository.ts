import assert from 'node:assert/strict'
import { sql, type Updateable } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import type { AgreementStatus, LeftHow } from '../agreement.ts'

/** A party as it is named when it is invited. */
export interface NewParty {
  readonly org: string
  readonly role: string
  readonly capacities: readonly string[]
  readonly invitedAt: string
}

/** How the part of a party ends; `sequence`: of the act, where it ends with it. */
export interface Ending {
  readonly at: string
  readonly how: LeftHow
  readonly sequence: number | null
}

/** How an agreement and its parties stand: status, end, review, who has joined and left. */
export function standingRepository(tx: Transaction) {
  return {
    /** Organisations that some text of an agreement names and nobody has confirmed. */
    async unconfirmed(agreementId: string): Promise<ReadonlySet<string>> {
      const found = await sql<{ code: string }>`
        select o.code from organisation o where o.status = 'UNCONFIRMED' and (
          exists (select from agreement_party p where p.agreement_id = ${agreementId} and p.org = o.code)
          or exists (select from agent a where a.agreement_id = ${agreementId} and a.org = o.code)
          or exists (select from agreement_version v where v.agreement_id = ${agreementId} and v.processor_contract -> 'approved_sub_processors' ? o.code))`.execute(
        tx,
      )
      return new Set(found.rows.map(({ code }) => code))
    },

    async setStatus(id: string, status: AgreementStatus): Promise<void> {
      await setAgreement(id, { status })
    },

    /** The stored status, as this transaction has moved it. */
    async status(id: string): Promise<AgreementStatus> {
      const row = await tx.selectFrom('agreement as a').select('a.status').where('a.id', '=', id).executeTakeFirstOrThrow()
      return row.status as AgreementStatus
    },

    /** Sets the instant at which it ends for all; null takes that back. */
    async terminate(id: string, at: string | null, status: AgreementStatus): Promise<void> {
      await setAgreement(id, { terminated_at: at, status })
    },

    /** Sets the day of the next review, and keeps until when the one before held. */
    async setReviewDue(id: string, day: string, change: { readonly at: string; readonly before: string | null }): Promise<void> {
      await tx.insertInto('review_date_change').values({ agreement_id: id, at: change.at, before: change.before }).execute()
      await setAgreement(id, { review_due: day })
    },

    /** Months between reviews as the agreement names them, null when it does not. */
    async reviewCycle(id: string): Promise<number | null> {
      const row = await tx.selectFrom('agreement as a').select('a.review_cycle_months').where('a.id', '=', id).executeTakeFirstOrThrow()
      return row.review_cycle_months
    },

    /** Ends the part of an organisation; of an act that does so at once it knows nothing that comes after. */
    async leave(id: string, org: string, { at, how, sequence }: Ending): Promise<void> {
      const last = await tx
        .selectFrom('agreement_version as v')
        .select((eb) => eb.fn.max('v.version').as('version'))
        .where('v.agreement_id', '=', id)
        .where('v.frozen_at', 'is not', null)
        .executeTakeFirst()
      await setParty(id, org, {
        left_at: at,
        left_how: how,
        left_version: sequence === null ? null : (last?.version ?? 0),
        left_sequence: sequence === null ? null : String(sequence),
      })
    },

    /** Takes a leaving back that has not come. */
    async stay(id: string, org: string): Promise<void> {
      await setParty(id, org, { left_at: null, left_how: null, left_version: null, left_sequence: null })
    },

    /** Makes another organisation the keeper of the text from an instant on; one that lies ahead is arranged. */
    async passKeeping(
      id: string,
      { from, to, at }: { readonly from: string | null; readonly to: string; readonly at: string },
      isNow: boolean,
    ) {
      await tx.insertInto('keeper_change').values({ agreement_id: id, at, from_org: from, to_org: to }).execute()
      if (isNow) await setAgreement(id, { owner_org: to })
    },

    /** For which organisation the end of an agreement was set last. */
    async endSetBy(id: string): Promise<string | null> {
      const row = await tx
        .selectFrom('agreement_act as a')
        .select('a.actor_org')
        .where('a.agreement_id', '=', id)
        .where('a.act', '=', 'terminate')
        .orderBy('a.sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.actor_org ?? null
    },

    /** Names a new party, or one again whose earlier part is over: that part is kept. */
    async invite(id: string, party: NewParty): Promise<void> {
      const before = await tx
        .selectFrom('agreement_party as p')
        .select(['p.invited_at', 'p.left_at', 'p.left_how'])
        .where('p.agreement_id', '=', id)
        .where('p.org', '=', party.org)
        .executeTakeFirst()
      if (before) {
        assert(before.left_at, 'who is invited anew had left')
        const { invited_at, left_at, left_how } = before
        await tx
          .insertInto('earlier_part')
          .values({ agreement_id: id, org: party.org, invited_at, left_at, left_how: left_how ?? 'LEFT' })
          .execute()
        await setParty(id, party.org, {
          ...{ role: party.role, capacities: [...party.capacities], invited_at: party.invitedAt, joined_at: null },
          ...{ left_at: null, left_how: null, left_version: null, left_sequence: null },
        })
        return
      }
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

    /** Agreements that name an organisation as party or keeper and have neither ended nor been given up, locked, in order. */
    async openAgreementsOf(org: string, now: string): Promise<string[]> {
      const rows = await tx
        .selectFrom('agreement as a')
        .select('a.id')
        .where((eb) =>
          eb.or([
            eb('a.owner_org', '=', org),
            eb.exists(
              eb.selectFrom('agreement_party as p').select('p.org').whereRef('p.agreement_id', '=', 'a.id').where('p.org', '=', org),
            ),
          ]),
        )
        .where('a.status', 'in', ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE'])
        .where((eb) => eb.or([eb('a.terminated_at', 'is', null), eb('a.terminated_at', '>', now)]))
        .orderBy('a.id')
        .forUpdate()
        .execute()
      return rows.map(({ id }) => id)
    },
  }

  async function setAgreement(id: string, columns: Updateable<DB['agreement']>): Promise<void> {
    await tx.updateTable('agreement').set(columns).where('id', '=', id).execute()
  }

  async function setParty(id: string, org: string, columns: Updateable<DB['agreement_party']>): Promise<void> {
    await tx.updateTable('agreement_party').set(columns).where('agreement_id', '=', id).where('org', '=', org).execute()
  }
}
