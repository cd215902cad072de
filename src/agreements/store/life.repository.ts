import type { Selectable } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import type { EarlierPart, LeftHow, Party } from '../agreement.ts'

/** What held before, of whom and until when, for these agreements: parts, keepers, review dates; and the bodies. */
export async function lifeOf(tx: Transaction, ids: readonly string[]) {
  const wanted = [...ids]
  return {
    parts: await tx.selectFrom('earlier_part as e').selectAll('e').where('e.agreement_id', 'in', wanted).orderBy('e.left_at').execute(),
    keepers: await tx.selectFrom('keeper_change as k').selectAll('k').where('k.agreement_id', 'in', wanted).orderBy('k.position').execute(),
    reviews: await tx
      .selectFrom('review_date_change as r')
      .selectAll('r')
      .where('r.agreement_id', 'in', wanted)
      .orderBy('r.position')
      .execute(),
    bodies: await tx
      .selectFrom('organisation as o')
      .leftJoin('organisation_succession as s', 's.predecessor', 'o.code')
      .select(['o.code', 'o.active_from', 'o.active_to', 's.successor'])
      .where((eb) => eb.or([eb('o.active_from', 'is not', null), eb('o.active_to', 'is not', null)]))
      .execute(),
  }
}

/** A party of a row, with the parts it took before and whether its body exists. */
export function toParty(
  { agreement_id, org, role, capacities, left_at, left_how, left_version, invited_at }: Selectable<DB['agreement_party']>,
  { parts, bodies }: Pick<Awaited<ReturnType<typeof lifeOf>>, 'parts' | 'bodies'>,
): Party {
  const earlier = parts.filter((part) => part.agreement_id === agreement_id && part.org === org)
  const body = bodies.find(({ code }) => code === org)
  return {
    ...{ org, role, capacities, left_at },
    ...(left_how === null ? {} : { left_how: left_how as LeftHow }),
    ...(left_version === null ? {} : { left_version }),
    ...(invited_at === null ? {} : { invited_at }),
    ...(earlier.length > 0 ? { earlier: earlier.map(toEarlierPart) } : {}),
    ...(body ? { active_from: body.active_from, active_to: body.active_to, succeeded_by: body.successor } : {}),
  }
}

function toEarlierPart({ invited_at, left_at, left_how }: Selectable<DB['earlier_part']>): EarlierPart {
  return { invited_at, left_at, left_how: left_how as LeftHow }
}
