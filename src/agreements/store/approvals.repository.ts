import type { Transaction } from '../../platform/database/database.ts'
import type { ApprovalCondition } from '../../workflow/model/sign-off.ts'

/** Names the approval of a party. */
export interface ApprovalName {
  readonly agreementId: string
  readonly version: number
  readonly org: string
}

/** Writes what becomes of the approvals inside each party (CK-16). Joins the caller's transaction. */
export function approvalsRepository(tx: Transaction) {
  return {
    /** From here on a version waits for these parties: their signatures count for a controller once its chain is complete. */
    async await(agreement_id: string, version: number, orgs: readonly string[]): Promise<void> {
      if (orgs.length === 0) return
      // A party that was invited anew begins anew: what it had approved before it left is not its approval now.
      await tx
        .deleteFrom('approval_condition')
        .where('agreement_id', '=', agreement_id)
        .where('version', '=', version)
        .where('org', 'in', [...orgs])
        .execute()
      await tx
        .insertInto('approval')
        .values(orgs.map((org) => ({ agreement_id, version, org, complete_at: null })))
        .onConflict((known) => known.columns(['agreement_id', 'version', 'org']).doUpdateSet({ complete_at: null }))
        .execute()
    },

    /** A party's chain is complete, on these conditions. */
    async complete(name: ApprovalName, at: string, conditions: readonly ApprovalCondition[]): Promise<void> {
      await tx
        .updateTable('approval')
        .set({ complete_at: at })
        .where('agreement_id', '=', name.agreementId)
        .where('version', '=', name.version)
        .where('org', '=', name.org)
        .execute()
      await insertConditions(tx, name, conditions)
    },

    /** Marks for ever that advice was overruled. */
    async overruled({ agreementId: agreement_id, version, org }: ApprovalName, at: string): Promise<void> {
      await tx
        .insertInto('overruled_advice')
        .values({ agreement_id, version, org, at })
        .onConflict((known) => known.doNothing())
        .execute()
    },
  }
}

/** Keeps the conditions of an approval, in their order. */
export async function insertConditions(
  tx: Transaction,
  { agreementId: agreement_id, version, org }: ApprovalName,
  conditions: readonly ApprovalCondition[],
): Promise<void> {
  if (conditions.length === 0) return
  await tx
    .insertInto('approval_condition')
    .values(conditions.map(({ text, bearer, due }, position) => ({ agreement_id, version, org, position, text, bearer, due })))
    .execute()
}
