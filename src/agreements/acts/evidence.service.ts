import type { FilesService } from '../../files/files.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { evidenceKeptUntil } from '../model/evidence-kept.ts'
import type { ReadAgreement } from '../reading.service.ts'

export interface EvidenceOptions extends Pick<ActingService, 'act'> {
  readonly read: ReadAgreement
  readonly files: Pick<FilesService, 'attach' | 'ofOwner' | 'prepare'>
}

/** Files that show something of an agreement: attached by a party, read by everybody who takes part. */
export function evidenceService({ act, read, files }: EvidenceOptions) {
  return {
    async attach(call: ActCall, { files: ids, note = null }: { readonly files: readonly string[]; readonly note?: string | null }) {
      await files.prepare(call.principal, ids)
      return act(call, 'attach', async ({ tx, agreement, principal, now, decided, tell }) => {
        const { to } = decided({ type: 'attach' })
        const owner = { type: 'agreement', id: agreement.id }
        const named = await files.attach(tx, principal, { ids, owner, at: now, note, pointerOf: (place) => `/files/${place}` })
        const facts = { files: named.map(({ id, sha256 }) => ({ id, sha256 })) }
        await tell('EVIDENCE_ATTACHED', facts)
        return { to, detail: { ...facts, note }, outcome: { files: named } }
      })
    },

    list: (principal: Principal, id: string) =>
      read(principal, id, async (tx, agreement) => ({ files: await files.ofOwner(tx, { type: 'agreement', id: agreement.id }) })),
  }
}

/** The last London day on which each of some agreements keeps its evidence; null: it is not over. */
export function evidenceKept({ agreements, clock }: { readonly agreements: Pick<AgreementsService, 'read'>; readonly clock: Clock }) {
  return async (tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, Day | null>> => {
    const now = clock().getTime()
    return new Map((await agreements.read(tx, [...ids])).map((agreement) => [agreement.id, evidenceKeptUntil(agreement, now)]))
  }
}
