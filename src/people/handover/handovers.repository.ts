import { sql } from 'kysely'
import type { Role } from '../../identity/permissions.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { HeldRole, Person } from '../held-role.ts'
import { heldRolesRepository } from '../held-roles.repository.ts'
import type { Handover, HandoverPlan } from './handover.ts'

const DEPUTIES_MAX = 200

/** Handovers, and what else is asked to plan one. */
export function handoversRepository(tx: Transaction) {
  const handovers = () =>
    tx
      .selectFrom('handover as h')
      .innerJoin('person as p', 'p.id', 'h.person_id')
      .select(['h.id', 'h.org', 'p.issuer', 'p.subject', 'h.last_day', 'h.successor', 'h.for_roles', 'h.reason', 'h.plan'])
      .select(['h.recorded_at', 'h.passed_on_at'])

  return {
    async insert(
      { id, org, last_day, successor, for_roles, reason, plan, recorded_at, passed_on_at }: Handover,
      personId: string,
    ): Promise<void> {
      const said = { successor: JSON.stringify(successor), for_roles: JSON.stringify(for_roles), plan: JSON.stringify(plan) }
      await tx
        .insertInto('handover')
        .values({ id, org, person_id: personId, last_day, ...said, reason, recorded_at, passed_on_at })
        .execute()
    },

    async find(id: string): Promise<Handover | undefined> {
      const row = await handovers().where('h.id', '=', id).executeTakeFirst()
      return row && toHandover(row)
    },

    /** The handover of somebody that is recorded and not passed on yet. */
    async awaited({ issuer, subject }: Person, org: string): Promise<Handover | undefined> {
      const row = await handovers()
        .where('p.issuer', '=', issuer)
        .where('p.subject', '=', subject)
        .where('h.org', '=', org)
        .where('h.passed_on_at', 'is', null)
        .executeTakeFirst()
      return row && toHandover(row)
    },

    async passedOn(id: string, at: string): Promise<void> {
      await tx.updateTable('handover').set({ passed_on_at: at }).where('id', '=', id).execute()
    },

    /** Roles that a person holds in an organisation on a London day or later. */
    heldFrom: (person: Person, org: string, day: Day): Promise<HeldRole[]> => heldRolesRepository(tx).ownFrom(person, org, day),

    /** Roles that others than a person hold in an organisation on a London day. */
    async heldByOthers({ issuer, subject }: Person, org: string, day: Day): Promise<Role[]> {
      const rows = await tx
        .selectFrom('held_role as r')
        .innerJoin('person as p', 'p.id', 'r.person_id')
        .select('r.role')
        .distinct()
        .where('r.org', '=', org)
        .where('r.ended_at', 'is', null)
        .where(
          sql<boolean>`r.from_day <= ${day} and coalesce(r.to_day >= ${day}, true) and (p.issuer, p.subject) <> (${issuer}, ${subject})`,
        )
        .execute()
      return rows.map(({ role }) => role as Role)
    },

    /** Keys of the deputies of an organisation that are not over on a London day, and that a person is one side of. */
    async deputiesOf({ issuer, subject }: Person, org: string, day: Day): Promise<string[]> {
      const rows = await tx
        .selectFrom('deputy as d')
        .innerJoin('person as p', (join) => join.on(sql<boolean>`p.id in (d.person_id, d.deputy_id)`))
        .select('d.id')
        .where('p.issuer', '=', issuer)
        .where('p.subject', '=', subject)
        .where('d.org', '=', org)
        .where('d.ended_at', 'is', null)
        .where('d.last_day', '>=', day)
        .orderBy('d.id')
        .limit(DEPUTIES_MAX)
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

interface Row {
  readonly id: string
  readonly org: string
  readonly issuer: string
  readonly subject: string
  readonly last_day: Day | null
  readonly successor: unknown
  readonly for_roles: unknown
  readonly reason: string
  readonly plan: unknown
  readonly recorded_at: string
  readonly passed_on_at: string | null
}

function toHandover({ issuer, subject, successor, for_roles, plan, ...row }: Row): Handover {
  return {
    ...row,
    person: { issuer, subject },
    successor: successor as Person | null,
    for_roles: for_roles as Handover['for_roles'],
    plan: plan as HandoverPlan,
  }
}
