import { sql } from 'kysely'
import type { sampleSignOffs } from './agreements/acts/sample-sign-offs.service.ts'
import type { AgreementsService } from './agreements/agreements.service.ts'
import type { AuditService } from './audit/audit.service.ts'
import type { PolicyService } from './decisions/policy/policy.service.ts'
import type { PolicyRecord } from './decisions/policy/policy-index.ts'
import type { RegisterContent } from './demo/register-content.ts'
import type { DisclosuresService } from './disclosures/disclosures.service.ts'
import type { PartiesService } from './parties/parties.service.ts'
import { type Database, withTransaction } from './platform/database/database.ts'
import { readAs } from './platform/database/reader.ts'
import type { Clock } from './platform/kernel/clock.ts'
import { londonDay } from './platform/kernel/london-day.ts'
import { editionOf } from './reference/code-list.ts'
import { compileCodeLists } from './reference/code-lists.ts'
import type { ReferenceService } from './reference/reference.service.ts'

/** Held by whoever loads or renews the register, to the end of its transaction. */
export const LOADING_LOCK = 4_112_021
export const LOADING_WAIT = '60s'

/** So many agreements are stored, read back and published at a time: what takes long between two statements loses its session. */
const STRETCH = 500

/**
 * Loads what an empty register starts with: everything in one transaction and one leaf of the governance log, and one policy
 * revision for each `STRETCH` of agreements, none of which anybody sees before the last. Of services that start on one empty database at once, the first loads it and the others find it loaded.
 */
export async function loadRegister(
  content: RegisterContent,
  services: {
    readonly db: Database
    readonly reference: ReferenceService
    readonly parties: PartiesService
    readonly agreements: AgreementsService
    readonly disclosures: DisclosuresService
    readonly policy: PolicyService
    readonly audit: AuditService
    readonly clock: Clock
    readonly sampleSignOffs: ReturnType<typeof sampleSignOffs>
  },
): Promise<void> {
  const { db, reference, parties, agreements, disclosures, policy, audit, clock, sampleSignOffs: samples } = services
  await withTransaction(db, async (tx) => {
    await sql`select set_config('lock_timeout', ${LOADING_WAIT}, true)`.execute(tx)
    await sql`select pg_advisory_xact_lock(${LOADING_LOCK})`.execute(tx)
    if (await policy.hasRevision(tx)) return
    await readAs(tx, { kind: 'system' })
    const at = clock().toISOString()
    const edition = await reference.store(tx, content.lists)
    await parties.store(tx, content.organisations, londonDay(Date.parse(at)))
    await disclosures.store(tx, content.disclosureDecisions)
    let records: PolicyRecord[] = [
      { kind: 'CODE_LISTS', id: 'current', body: { version: `${editionOf(content.lists)}.${edition}`, lists: content.lists } },
      ...content.organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
      ...content.disclosureDecisions.map((body): PolicyRecord => ({ kind: 'DISCLOSURE_DECISION', id: body.id, body })),
    ]
    const codes = compileCodeLists(new Map(content.lists.map((list) => [list.list, list])))
    let revision = 0
    for (let from = 0; from === 0 || from < content.agreements.length; from += STRETCH) {
      const stretch = content.agreements.slice(from, from + STRETCH)
      for (const { agreement, provenance } of stretch) await agreements.store(tx, agreement, { at, by: 'register', provenance })
      for (const sample of content.signOffs ?? [])
        if (stretch.some(({ agreement }) => agreement.id === sample.agreement)) await samples.open(tx, sample, { now: at, codes })
      const stored = await agreements.toPublish(
        tx,
        stretch.map(({ agreement }) => agreement.id),
      )
      records.push(...stored.map((body): PolicyRecord => ({ kind: 'AGREEMENT', id: body.id, body })))
      revision = await policy.publish(tx, records, at)
      records = []
    }
    await audit.recordAct(tx, {
      event: 'register.loaded',
      act: 'load',
      revision,
      payload: { lists: content.lists.length, organisations: content.organisations.length, agreements: content.agreements.length },
    })
  })
  await policy.refresh()
}
