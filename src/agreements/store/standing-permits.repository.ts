import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { AttributedStandingPermit, StoredStandingPermit } from '../model/standing-permit.ts'

const COLUMNS = [
  ...(['id', 'agreement_id', 'version', 'flow', 'flow_hash', 'org', 'hours'] as const),
  ...(['statement', 'reason', 'allowed_at', 'ended_at', 'end_reason'] as const),
] as const

const PEOPLE = ['allowed_issuer', 'allowed_by', 'ended_issuer', 'ended_by'] as const

/** Standing permits: rows are added and ended, never removed. */
export function standingPermitsRepository(tx: Transaction) {
  return {
    async insert(permit: Omit<StoredStandingPermit, 'ended_at' | 'end_reason'>, by: Identity): Promise<void> {
      await tx
        .insertInto('standing_permit')
        .values({ ...permit, allowed_issuer: by.issuer, allowed_by: by.sub })
        .execute()
    },

    async end(id: string, by: Identity, at: string, reason: string): Promise<void> {
      await tx
        .updateTable('standing_permit')
        .set({ ended_at: at, ended_issuer: by.issuer, ended_by: by.sub, end_reason: reason })
        .where('id', '=', id)
        .execute()
    },

    /** Those of an agreement that have not been ended, and the newest of the others, in the order of their beginning, each with whose acts it stands on. */
    async of(agreementId: string, limit: number): Promise<AttributedStandingPermit[]> {
      const rows = await tx
        .selectFrom('standing_permit')
        .select([...COLUMNS, ...PEOPLE])
        .where('agreement_id', '=', agreementId)
        .orderBy((eb) => eb('ended_at', 'is not', null))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.toReversed().map(({ allowed_issuer, allowed_by, ended_issuer, ended_by, ...permit }) => ({
        permit,
        allowed_by: { issuer: allowed_issuer, sub: allowed_by },
        ended_by: ended_issuer !== null && ended_by !== null ? { issuer: ended_issuer, sub: ended_by } : null,
      }))
    },

    async open(agreementId: string, flow: string, org: string): Promise<StoredStandingPermit | undefined> {
      return tx
        .selectFrom('standing_permit')
        .select(COLUMNS)
        .where('agreement_id', '=', agreementId)
        .where('flow', '=', flow)
        .where('org', '=', org)
        .where('ended_at', 'is', null)
        .executeTakeFirst()
    },

    async find(agreementId: string, id: string): Promise<StoredStandingPermit | undefined> {
      return tx
        .selectFrom('standing_permit')
        .select(COLUMNS)
        .where('agreement_id', '=', agreementId)
        .where('id', '=', id)
        .executeTakeFirst()
    },

    /** Those of some agreements, ended ones too. */
    async ofAgreements(ids: readonly string[]): Promise<StoredStandingPermit[]> {
      return tx
        .selectFrom('standing_permit')
        .select(COLUMNS)
        .where((eb) => eb('agreement_id', '=', eb.fn.any(eb.val([...ids]))))
        .execute()
    },

    /** All that have not been ended and that this transaction's reader may know, by agreement; of one provider where one is named. */
    async standing(provider: string | null, limit: number): Promise<StoredStandingPermit[]> {
      return tx
        .selectFrom('standing_permit')
        .select(COLUMNS)
        .where('ended_at', 'is', null)
        .$if(provider !== null, (query) => query.where('org', '=', provider as string))
        .orderBy('agreement_id')
        .orderBy('id')
        .limit(limit)
        .execute()
    },
  }
}
