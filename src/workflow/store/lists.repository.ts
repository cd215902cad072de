import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { queryOfTerms } from '../../platform/database/words.ts'
import type { AskedTerm } from '../../platform/kernel/asked-terms.ts'
import type { ListedSignOff, ListedTask, SignOffFilter, SpokenSignOff, TaskFilter, TaskPlace, TaskReader } from '../lists.ts'
import type { SignOffStatus } from '../model/sign-off.ts'

/** Comments of one sign-off that a search looks at: it shows fewer. */
const EVENTS_MAX = 10

/** The lists, as this transaction's reader may see them. */
export function listsRepository(tx: Transaction) {
  return {
    /** Tasks of the reader's organisation: open ones by due day, done ones the last first; after a place. */
    async tasks(
      { org, issuer, sub, roles, standsIn, today }: TaskReader,
      { whose, state, overdue, subjectType, subject, step, role }: TaskFilter,
      after: TaskPlace | null,
      limit: number,
    ): Promise<ListedTask[]> {
      const isOpen = state === 'OPEN'
      const isTheirs = isOpen
        ? sql<boolean>`((t.assignee_sub = ${sub} and t.assignee_issuer = ${issuer})
            or (t.deputy_sub = ${sub} and t.deputy_issuer = ${issuer} and ${today}::date between t.deputy_first and t.deputy_last)
            or exists (select from unnest(${standsIn.map(({ role }) => role)}::text[], ${standsIn.map(({ person }) => person.issuer)}::text[],
                ${standsIn.map(({ person }) => person.sub)}::text[]) as d (role, issuer, sub)
              where d.role = t.role and d.issuer = t.assignee_issuer and d.sub = t.assignee_sub))`
        : sql<boolean>`t.done_sub = ${sub} and t.done_issuer = ${issuer}`
      const isTheirRole = sql<boolean>`t.role = any (${[...roles, ...standsIn.map(({ role }) => role)]}::text[])`
      const rows = await tx
        .selectFrom('sign_off_task as t')
        .selectAll('t')
        .where('t.org', '=', org)
        .where('t.state', '=', sql.lit(state))
        .$if(whose === 'MINE', (query) => query.where(isTheirs))
        .$if(whose === 'POOL', (query) => query.where('t.assignee_sub', 'is', null).where(isTheirRole))
        .$if(whose === 'COLLEAGUES', (query) =>
          query
            .where('t.sign_off_status', '=', 'OPEN')
            .where(sql<boolean>`not coalesce(${isTheirs}, false)`)
            .where(sql<boolean>`not (t.assignee_sub is null and ${isTheirRole})`),
        )
        .$if(overdue === true, (query) => query.where('t.due_day', '<', today).where('t.sign_off_status', '<>', 'HELD'))
        .$if(overdue === false, (query) => query.where((eb) => eb.or([eb('t.due_day', '>=', today), eb('t.sign_off_status', '=', 'HELD')])))
        .$if(subjectType !== undefined, (query) => query.where('t.subject_type', '=', subjectType ?? ''))
        .$if(subject !== undefined, (query) => query.where('t.subject_id', '=', subject ?? ''))
        .$if(step !== undefined, (query) => query.where('t.step', '=', step ?? ''))
        .$if(role !== undefined, (query) => query.where('t.role', '=', role ?? ''))
        .$if(after !== null && isOpen, (query) =>
          query.where(
            sql<boolean>`(t.due_day, t.sign_off_id, t.chain_org, t.step, t.task) > (${after?.[0]}::date, ${after?.[1]}::uuid, ${after?.[2]}, ${after?.[3]}, ${after?.[4]})`,
          ),
        )
        .$if(after !== null && !isOpen, (query) =>
          query.where(
            sql<boolean>`(t.done_at, t.sign_off_id, t.chain_org, t.step, t.task) < (${after?.[0]}::timestamptz, ${after?.[1]}::uuid, ${after?.[2]}, ${after?.[3]}, ${after?.[4]})`,
          ),
        )
        .orderBy(isOpen ? 't.due_day' : 't.done_at', isOpen ? 'asc' : 'desc')
        .orderBy('t.sign_off_id', isOpen ? 'asc' : 'desc')
        .orderBy('t.chain_org', isOpen ? 'asc' : 'desc')
        .orderBy('t.step', isOpen ? 'asc' : 'desc')
        .orderBy('t.task', isOpen ? 'asc' : 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        ...row,
        state: row.state as ListedTask['state'],
        sign_off_status: row.sign_off_status as SignOffStatus,
      }))
    },

    /** Sign-offs with the latest that was said in them with all of the terms, the last begun first. */
    async withWords(terms: readonly AskedTerm[], before: string | null, limit: number): Promise<SpokenSignOff[]> {
      const { rows } = await sql<SpokenSignOff>`
        select s.id, s.subject_type, s.subject_id, s.subject_version, s.status, s.started_at,
          json_agg(e.data order by e.sequence desc) as events
        from public.said_with_words(${queryOfTerms(terms)}, ${before}::uuid, ${limit}::int, ${EVENTS_MAX}::int) as f
        join sign_off as s on s.id = f.sign_off_id
        join sign_off_event as e on e.sign_off_id = s.id and e.sequence = any (f.sequences)
        group by s.id order by s.id desc`.execute(tx)
      return rows
    },

    /** Sign-offs with how each chain stands, the last begun first, before one of them. */
    async signOffs(
      { subjectType, subject, status, returnedTo }: SignOffFilter,
      before: string | null,
      limit: number,
    ): Promise<ListedSignOff[]> {
      const rows = await tx
        .selectFrom('sign_off as s')
        .select([
          's.id',
          's.subject_type',
          's.subject_id',
          's.subject_version',
          's.subject_hash',
          's.keeper',
          's.route',
          's.status',
          's.started_at',
        ])
        .select(
          sql<
            ListedSignOff['chains'] | null
          >`(select json_agg(json_build_object('org', nullif(c.org, ''), 'status', c.status) order by c.org)
            from sign_off_chain c where c.sign_off_id = s.id)`.as('chains'),
        )
        // Whoever has left is shown what one of them was by then, and not how it stands now.
        .where(sql<boolean>`public.knows_subject_until(s.subject_type, s.subject_id) > clock_timestamp()`)
        .$if(subjectType !== undefined, (query) => query.where('s.subject_type', '=', subjectType ?? ''))
        .$if(subject !== undefined, (query) => query.where('s.subject_id', '=', subject ?? ''))
        .$if(status !== undefined, (query) => query.where('s.status', '=', status ?? ''))
        .$if(returnedTo !== undefined, (query) =>
          query
            .where('s.keeper', '=', returnedTo ?? '')
            .where(sql<boolean>`exists (select from sign_off_chain c where c.sign_off_id = s.id and c.status = 'RETURNED')`),
        )
        .$if(before !== null, (query) => query.where('s.id', '<', before ?? ''))
        .orderBy('s.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        ...{ id: row.id, keeper: row.keeper, route: row.route, status: row.status as SignOffStatus, startedAt: row.started_at },
        subject: { type: row.subject_type, id: row.subject_id, version: row.subject_version, hash: row.subject_hash },
        chains: row.chains ?? [],
      }))
    },
  }
}
