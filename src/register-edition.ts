import { sql } from 'kysely'
import type { AuditService } from './audit/audit.service.ts'
import type { PolicyService } from './decisions/policy/policy.service.ts'
import type { PolicyRecord } from './decisions/policy/policy-index.ts'
import type { Organisation } from './parties/organisation.ts'
import type { PartiesService } from './parties/parties.service.ts'
import { type Database, withTransaction } from './platform/database/database.ts'
import { readAs } from './platform/database/reader.ts'
import type { Clock } from './platform/kernel/clock.ts'
import { londonDay } from './platform/kernel/london-day.ts'
import { type CodeList, editionOf } from './reference/code-list.ts'
import type { ReferenceService } from './reference/reference.service.ts'
import { LOADING_LOCK, LOADING_WAIT } from './register-loader.ts'

/**
 * Gives a register that already holds something the edition of the code lists that this release ships, where it is newer than
 * the one in use: one transaction, one policy revision, one leaf. The edition before stays, and what was decided on it is
 * replayed on it. Bodies that the register lacks are added, and shipped ones whose type the edition corrects get that type;
 * all else that the register holds stays as it is. An older release never takes a newer edition back.
 */
export async function renewEdition(
  shipped: { readonly lists: readonly CodeList[]; readonly organisations: readonly Organisation[] },
  services: {
    readonly db: Database
    readonly reference: ReferenceService
    readonly parties: PartiesService
    readonly policy: PolicyService
    readonly audit: AuditService
    readonly clock: Clock
  },
): Promise<void> {
  const { db, reference, parties, policy, audit, clock } = services
  const dated = editionOf(shipped.lists)
  await withTransaction(db, async (tx) => {
    await sql`select set_config('lock_timeout', ${LOADING_WAIT}, true)`.execute(tx)
    await sql`select pg_advisory_xact_lock(${LOADING_LOCK})`.execute(tx)
    if (dated <= editionOf(await reference.newest(tx))) return
    await readAs(tx, { kind: 'system' })
    const edition = await reference.store(tx, shipped.lists)
    const organisations = await parties.renew(tx, shipped.organisations, londonDay(clock().getTime()))
    const records: PolicyRecord[] = [
      { kind: 'CODE_LISTS', id: 'current', body: { version: `${dated}.${edition}`, lists: shipped.lists } },
      ...organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
    ]
    const revision = await policy.publish(tx, records, clock().toISOString())
    const changed = organisations.map(({ code }) => code)
    await audit.recordAct(tx, {
      event: 'register.edition_renewed',
      act: 'renew',
      revision,
      payload: { edition: dated, organisations: changed },
    })
  })
  await policy.refresh()
}
