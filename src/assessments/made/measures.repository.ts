import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Measure } from './content.ts'
import type { OpenMeasure } from './measures.ts'

/** States in which what was approved is the plan no longer. One that is open again keeps its plan: it is no reason to put off what was decided. */
const ENDED = ['SUPERSEDED', 'SCREENED_OUT', 'REJECTED']

/** Open measures of assessments that were approved. Maps, never decides; joins the caller's transaction, which reads what its reader may. */
export function measuresRepository(tx: Transaction) {
  const open = () =>
    tx
      .selectFrom('made_assessment as m')
      .innerJoinLateral(sql<{ said: Measure }>`jsonb_array_elements(m.content -> 'measures')`.as<'one'>(sql`one(said)`), (join) =>
        join.onTrue(),
      )
      .select(['m.id', 'm.agreement_id', 'one.said'])
      .where('m.approved_version', 'is not', null)
      .where('m.state', 'not in', ENDED)
      .where(sql<boolean>`jsonb_typeof(one.said -> 'approved') = 'object' and one.said ->> 'done_on' is null`)
      .orderBy(sql`one.said ->> 'due'`)
      .orderBy('m.id')
      .orderBy(sql`one.said ->> 'id'`)

  return {
    /** Those that an organisation does, or that one does which has no part in the agreement; what is due first at the beginning. */
    async for(org: string, limit: number): Promise<OpenMeasure[]> {
      const ofOrg = open().where(
        sql<boolean>`(one.said #>> '{owner,org}' = ${org} or not exists (select from agreement_party as p
          where p.agreement_id = m.agreement_id and p.org = one.said #>> '{owner,org}'))`,
      )
      return (await ofOrg.limit(limit).execute()).map(toOpen)
    },

    /** Those that are due up to a day, of everybody, or of one assessment. */
    async dueUntil(day: Day, assessment?: string): Promise<OpenMeasure[]> {
      let due = open().where(sql<boolean>`one.said ->> 'due' <= ${day}`)
      if (assessment !== undefined) due = due.where('m.id', '=', assessment)
      return (await due.execute()).map(toOpen)
    },
  }
}

function toOpen({ id, agreement_id, said }: { readonly id: string; readonly agreement_id: string; readonly said: Measure }): OpenMeasure {
  return { assessment: id, agreement: agreement_id, measure: said }
}
