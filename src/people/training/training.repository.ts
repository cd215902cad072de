import type { Identity, Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Training } from './training.ts'

/** Training as its organisation recorded it. */
export function trainingRepository(tx: Transaction) {
  const rows = () =>
    tx
      .selectFrom('training as t')
      .innerJoin('person as p', 'p.id', 't.person_id')
      .select(['t.id', 't.org', 'p.issuer', 'p.subject', 't.course', 't.provider', 't.completed_on', 't.ends_on', 't.is_required'])
      .select(['t.recorded_at', 't.withdrawn_at', 't.withdraw_reason', 't.row_version'])
  const by = ({ issuer, sub, org }: Principal) => JSON.stringify({ issuer, sub, org })

  return {
    async insert({ person: _, withdrawn_at: __, withdraw_reason: ___, ...training }: Training, personId: string, recorder: Principal) {
      await tx
        .insertInto('training')
        .values({ ...training, person_id: personId, recorded_by: by(recorder) })
        .execute()
    },

    /** One with its version, locked until the transaction ends. */
    async lock(id: string): Promise<{ readonly training: Training; readonly version: string } | undefined> {
      const row = await rows().where('t.id', '=', id).forUpdate('t').executeTakeFirst()
      return row && { training: toTraining(row), version: row.row_version }
    },

    async withdraw(id: string, at: string, reason: string, by_: Principal): Promise<string> {
      const row = await tx
        .updateTable('training')
        .set((eb) => ({ withdrawn_at: at, withdraw_reason: reason, withdrawn_by: by(by_), row_version: eb('row_version', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },

    /** Of an organisation, in the order in which they were recorded, after one of them. */
    async of(org: string, { after, limit }: { readonly after: string | null; readonly limit: number }): Promise<Training[]> {
      const found = rows().where('t.org', '=', org).orderBy('t.id').limit(limit)
      return (await (after === null ? found : found.where('t.id', '>', after)).execute()).map(toTraining)
    },

    /** Of one person in an organisation, without what was withdrawn. */
    async ofPerson({ issuer, sub }: Identity, org: string): Promise<Training[]> {
      const found = rows().where('p.issuer', '=', issuer).where('p.subject', '=', sub).where('t.org', '=', org)
      return (await found.where('t.withdrawn_at', 'is', null).execute()).map(toTraining)
    },

    /** What ends between two days, both included, and was neither withdrawn nor renewed. */
    async ending({ from, to }: { readonly from: Day; readonly to: Day }, only?: string): Promise<Training[]> {
      let found = rows()
        .where('t.withdrawn_at', 'is', null)
        .where('t.ends_on', '>=', from)
        .where('t.ends_on', '<=', to)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('training as n')
                .select('n.id')
                .whereRef('n.person_id', '=', 't.person_id')
                .whereRef('n.org', '=', 't.org')
                .whereRef('n.course', '=', 't.course')
                .whereRef('n.ends_on', '>', 't.ends_on')
                .where('n.withdrawn_at', 'is', null),
            ),
          ),
        )
      if (only !== undefined) found = found.where('t.id', '=', only)
      return (await found.execute()).map(toTraining)
    },
  }
}

interface Row extends Omit<Training, 'person'> {
  readonly issuer: string
  readonly subject: string
  readonly row_version: string
}

function toTraining({ issuer, subject, row_version: _version, ...row }: Row): Training {
  return { ...row, person: { issuer, subject } }
}
