import type { Transaction } from '../platform/database/database.ts'
import type { OrganisationGroup } from './group.ts'

/** Stores and reads groups of organisations. */
export function groupsRepository(tx: Transaction) {
  return {
    /** Groups by code; all of them when no codes are given. */
    async read(codes?: readonly string[]): Promise<(OrganisationGroup & { readonly rowVersion: string })[]> {
      const groups = await tx
        .selectFrom('organisation_group as g')
        .selectAll('g')
        .$if(codes !== undefined, (query) => query.where('g.code', 'in', [...(codes ?? []), '']))
        .orderBy('g.code')
        .execute()
      const members = await tx
        .selectFrom('organisation_group_member as m')
        .selectAll('m')
        .$if(codes !== undefined, (query) => query.where('m.group_code', 'in', [...(codes ?? []), '']))
        .orderBy('m.group_code')
        .orderBy('m.position')
        .execute()
      return groups.map(({ row_version, act_count: _acts, ...group }) => ({
        ...group,
        rowVersion: row_version,
        members: members
          .filter(({ group_code }) => group_code === group.code)
          .map(({ org, from_day, to_day }) => ({ org, from: from_day, to: to_day })),
      }))
    },

    /** Stores a group, or gives it another name; then its members as they are to be. */
    async put({ code, members, other_names, ...group }: OrganisationGroup): Promise<void> {
      const named = { ...group, other_names: [...other_names] }
      await tx
        .insertInto('organisation_group')
        .values({ code, ...named })
        .onConflict((conflict) => conflict.column('code').doUpdateSet({ name: named.name, other_names: named.other_names }))
        .execute()
      await tx.deleteFrom('organisation_group_member').where('group_code', '=', code).execute()
      const rows = members.map(({ org, from, to }, position) => ({ group_code: code, position, org, from_day: from, to_day: to }))
      if (rows.length > 0) await tx.insertInto('organisation_group_member').values(rows).execute()
    },
  }
}
