import type { AuditService } from '../../audit/audit.service.ts'
import { actorOf, type CommandContext, type PolicyPublication } from '../../commands/commands.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { actsRepository } from '../store/acts.repository.ts'
import { indexForSearch } from '../store/search.repository.ts'

export interface SeveralAgreementsOptions {
  readonly agreements: AgreementsService
  readonly audit: AuditService
  readonly policy: PolicyPublication<{ readonly agreements: readonly Agreement[] }>
}

/** What was done to each of several agreements: for history and log. */
export interface SharedAct {
  readonly act: string
  readonly event: `agreement.${string}`
  readonly detail: Readonly<Record<string, unknown>>
}

export type SeveralAgreements = ReturnType<typeof severalAgreements>

/** Agreements that a command on a body changes: each has an act, a leaf and a new version of its own, and all are one revision of the policy. */
export function severalAgreements({ agreements, audit, policy }: SeveralAgreementsOptions) {
  return {
    /** Locks agreements until the transaction ends, always in the order given; answers how many acts each has seen. */
    async lock(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const counts = new Map<string, number>()
      for (const id of ids) counts.set(id, (await actsRepository(tx).lock(id, { kind: 'system' }))?.actCount ?? 0)
      return counts
    },

    /** Publishes agreements that were locked, as their rows are now, and records what was done to each. Policy before log, as everywhere. */
    async record(
      { tx, principal, now, newId }: Omit<CommandContext<never>, 'state'>,
      counts: ReadonlyMap<string, number>,
      { act, event, detail }: SharedAct,
    ): Promise<void> {
      const changed = await agreements.toPublish(tx, [...counts.keys()])
      if (changed.length === 0) return
      const revision = await policy.publish(tx, { agreements: changed }, now)
      const acts = actsRepository(tx)
      for (const { id, status } of changed) {
        const sequence = (counts.get(id) ?? 0) + 1
        const leafId = newId()
        await acts.touch(id, sequence, now)
        await indexForSearch(tx, id)
        await acts.addHistory({ agreementId: id, sequence, at: now, act, principal, from: status, done: { detail }, leafId })
        await audit.recordAct(tx, {
          ...{ id: leafId, event, act, org: principal.org, revision },
          ...{ agreement: id, sequence, from: status, to: status },
          payload: { ...actorOf(principal), at: now, agreement: id, detail },
        })
      }
    },
  }
}
