import assert from 'node:assert/strict'
import type { ActCall, ActContext, ActingService } from '../acting.service.ts'
import { versionsRepository } from '../store/versions.repository.ts'

/** Why the text is changed, and from when to when the next one holds; a day left out is filled in while drafting. */
export interface AmendmentBody {
  readonly reason: string
  readonly effective_from?: string | null
  readonly effective_to?: string | null
}

/** The next version begins as a copy and is edited like any draft; or it is dropped. */
export function amendingService({ act }: Pick<ActingService, 'act'>) {
  return {
    amend: (call: ActCall, body: AmendmentBody) => act(call, 'amend', (context) => openDraft('amend', context, body)),
    /** A renewal is an amendment whose days are what changes. */
    renew: (call: ActCall, body: AmendmentBody) => act(call, 'renew', (context) => openDraft('renew', context, body)),
    abandon: (call: ActCall) =>
      act(call, 'abandon', async ({ tx, agreement, now, decided }) => {
        const { to, version } = decided({ type: 'abandon' })
        await versionsRepository(tx).drop(agreement.id, [version], 'ABANDONED', now)
        return { to, version, detail: {}, outcome: { version } }
      }),
  }
}

async function openDraft(type: 'amend' | 'renew', { tx, agreement, decided }: ActContext, body: AmendmentBody) {
  const { to, version, copyOf: copy_of, effectiveFrom, effectiveTo } = decided({ type, days: body })
  const base = agreement.versions.find((known) => known.version === copy_of)
  assert(base, 'the version that is copied exists')
  const days = { effective_from: effectiveFrom, effective_to: effectiveTo }
  await versionsRepository(tx).insertDraft(agreement.id, { version, terms: base.terms, ...days })
  return { to, version, detail: { reason: body.reason, copy_of }, outcome: { version, copy_of } }
}
