import { sql } from 'kysely'
import type { Role } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import type { Day } from '../platform/kernel/london-day.ts'
import { roleGoesOn } from './deputies.repository.ts'
import type { HeldRole, Person } from './held-role.ts'

/** One act on a role, as its history holds it. */
export interface HeldRoleAct {
  readonly sequence: number
  readonly at: string
  readonly act: 'record' | 'end'
  readonly actor_issuer: string
  readonly actor_sub: string
  readonly actor_org: string
  readonly reason: string
  /** The last day that it set; null: none. */
  readonly last_day: Day | null
  readonly leaf_id: string
}

/** The roles that count for somebody in an organisation on a London day: one query, of what is committed at this moment. */
export async function rolesHeld(db: Database | Transaction, { issuer, subject }: Person, org: string, day: Day): Promise<string[]> {
  const found = await sql<{ roles: string[] }>`select public.roles_held(${issuer}, ${subject}, ${org}, ${day}) as roles`.execute(db)
  return found.rows[0]?.roles ?? []
}

/** Organisations in which a role is recorded for a person on a London day. */
export async function organisationsHeld(db: Database | Transaction, { issuer, subject }: Person, day: Day): Promise<string[]> {
  const found = await sql<{ orgs: string[] }>`select public.organisations_held(${issuer}, ${subject}, ${day}) as orgs`.execute(db)
  return found.rows[0]?.orgs ?? []
}

/** Persons and the roles they hold. */
export function heldRolesRepository(tx: Transaction) {
  const roles = () =>
    tx
      .selectFrom('held_role as r')
      .innerJoin('person as p', 'p.id', 'r.person_id')
      .select(['r.id', 'p.issuer', 'p.subject', 'r.org', 'r.role', 'r.from_day', 'r.to_day', 'r.ended_at', 'r.row_version', 'r.act_count'])

  return {
    /** The person, made where there is none, locked until the transaction ends: of two recordings at once one sees the other. */
    async lockPerson({ issuer, subject }: Person, newId: () => string): Promise<string> {
      await tx
        .insertInto('person')
        .values({ id: newId(), issuer, subject })
        .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
        .execute()
      const row = await tx
        .selectFrom('person')
        .select('id')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .forUpdate()
        .executeTakeFirstOrThrow()
      return row.id
    },

    /** Every role a person ever held in an organisation. */
    async heldBy(personId: string, org: string): Promise<HeldRole[]> {
      return (await roles().where('r.person_id', '=', personId).where('r.org', '=', org).execute()).map(toHeldRole)
    },

    /** The roles of a person in an organisation that count on a London day or later, in the order of their first days. */
    async ownFrom({ issuer, subject }: Person, org: string, day: Day): Promise<HeldRole[]> {
      const rows = await roles()
        .where('p.issuer', '=', issuer)
        .where('p.subject', '=', subject)
        .where('r.org', '=', org)
        .where('r.ended_at', 'is', null)
        .where(sql<boolean>`coalesce(r.to_day >= ${day}, true)`)
        .orderBy('r.from_day')
        .orderBy('r.id')
        .execute()
      return rows.map(toHeldRole)
    },

    async insert(personId: string, { id, org, role, from, to }: HeldRole): Promise<void> {
      await tx.insertInto('held_role').values({ id, person_id: personId, org, role, from_day: from, to_day: to }).execute()
    },

    async end(id: string, { to, ended_at }: Pick<HeldRole, 'to' | 'ended_at'>): Promise<void> {
      await tx.updateTable('held_role').set({ to_day: to, ended_at }).where('id', '=', id).execute()
    },

    /** One role with its version, locked until the transaction ends where that is asked for. */
    async find(
      id: string,
      lock = false,
    ): Promise<{ readonly held: HeldRole; readonly version: string; readonly actCount: number } | undefined> {
      const row = await roles()
        .where('r.id', '=', id)
        .$if(lock, (query) => query.forUpdate('r'))
        .executeTakeFirst()
      return row && { held: toHeldRole(row), version: row.row_version, actCount: Number(row.act_count) }
    },

    /** Roles held in an organisation (null: in all of them), in the order in which they were recorded, after one of them; on a London day, or ever. */
    async of(
      org: string | null,
      { on, after, limit }: { readonly on: Day | null; readonly after: string | null; readonly limit: number },
    ): Promise<HeldRole[]> {
      const rows = await roles()
        .$if(org !== null, (query) => query.where('r.org', '=', org as string))
        .$if(after !== null, (query) => query.where('r.id', '>', after as string))
        .$if(on !== null, (query) =>
          query.where(
            sql<boolean>`r.from_day <= ${on} and coalesce(r.to_day >= ${on}, true)
              and coalesce((r.ended_at at time zone 'Europe/London')::date >= ${on}, true)`,
          ),
        )
        .orderBy('r.id')
        .limit(limit)
        .execute()
      return rows.map(toHeldRole)
    },

    /** Organisations in which somebody holds a role on a London day. */
    async organisations(day: Day): Promise<string[]> {
      const rows = await tx
        .selectFrom('held_role as r')
        .select('r.org')
        .distinct()
        .where('r.ended_at', 'is', null)
        .where(sql<boolean>`r.from_day <= ${day} and coalesce(r.to_day >= ${day}, true)`)
        .execute()
      return rows.map(({ org }) => org)
    },

    /** Who holds one of these roles in an organisation on a London day, or stands in for somebody in it. */
    async holders(org: string, roles: readonly string[], day: Day): Promise<{ readonly person: Person; readonly role: Role }[]> {
      if (roles.length === 0) return []
      const held = tx
        .selectFrom('held_role as r')
        .innerJoin('person as p', 'p.id', 'r.person_id')
        .select(['p.issuer', 'p.subject', 'r.role'])
        .where('r.org', '=', org)
        .where('r.role', 'in', [...roles])
        .where('r.ended_at', 'is', null)
        .where(sql<boolean>`r.from_day <= ${day} and coalesce(r.to_day >= ${day}, true)`)
      const deputies = tx
        .selectFrom('deputy as d')
        .innerJoin('person as p', 'p.id', 'd.deputy_id')
        .select(['p.issuer', 'p.subject', 'd.role'])
        .where('d.org', '=', org)
        .where('d.role', 'in', [...roles])
        .where('d.ended_at', 'is', null)
        .where(sql<boolean>`${day} between d.first_day and d.last_day`)
        .where(roleGoesOn(day))
      const rows = await held.union(deputies).execute()
      return rows.map(({ issuer, subject, role }) => ({ person: { issuer, subject }, role: role as Role }))
    },

    /** Counts the act, moves the version and writes the history; answers the new version. */
    async addAct(id: string, act: Omit<HeldRoleAct, 'actor_issuer' | 'actor_sub' | 'actor_org'>, actor: Principal): Promise<string> {
      const row = await tx
        .updateTable('held_role')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      const by = { actor_issuer: actor.issuer, actor_sub: actor.sub, actor_org: actor.org }
      await tx
        .insertInto('held_role_act')
        .values({ held_role_id: id, ...act, ...by })
        .execute()
      return row.row_version
    },

    /** What was done to a role, oldest first. */
    async history(id: string): Promise<HeldRoleAct[]> {
      const rows = await tx
        .selectFrom('held_role_act as a')
        .select(['a.sequence', 'a.at', 'a.act', 'a.actor_issuer', 'a.actor_sub', 'a.actor_org', 'a.reason', 'a.last_day', 'a.leaf_id'])
        .where('a.held_role_id', '=', id)
        .orderBy('a.sequence')
        .execute()
      return rows.map((row) => ({ ...row, sequence: Number(row.sequence), act: row.act as HeldRoleAct['act'] }))
    },
  }
}

interface Row {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly org: string
  readonly role: string
  readonly from_day: Day
  readonly to_day: Day | null
  readonly ended_at: string | null
}

function toHeldRole({ id, issuer, subject, org, role, from_day, to_day, ended_at }: Row): HeldRole {
  return { id, person: { issuer, subject }, org, role: role as Role, from: from_day, to: to_day, ended_at }
}
