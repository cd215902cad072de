import type { Transaction } from '../../platform/database/database.ts'
import type { Imported } from '../made/assessment-view.ts'
import type { Carried } from './carrying.ts'

/** What was taken over into assessments from files of the CNIL tool, as it is stored; joins the caller's transaction. */
export function carriedRepository(tx: Transaction) {
  return {
    /** What the file carries that was taken over last; undefined: none was. It is as large as the file. */
    async carried(id: string): Promise<Carried | undefined> {
      const row = await tx.selectFrom('assessment_import').select('carried').where('made_id', '=', id).executeTakeFirst()
      return row && (row.carried as unknown as Carried)
    },

    /** Keeps what a file carries and says in place of the one before. */
    async keep(id: string, { at, org, ...says }: Imported, carried: Carried): Promise<void> {
      const said = { at, org, says: JSON.stringify(says), carried: JSON.stringify(carried) }
      await tx
        .insertInto('assessment_import')
        .values({ made_id: id, ...said })
        .onConflict((conflict) => conflict.column('made_id').doUpdateSet(said))
        .execute()
    },
  }
}
