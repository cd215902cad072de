import assert from 'node:assert/strict'
import type { ActReply } from './act.ts'
import type { ActContext, ActDone, ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { decided } from './decided.ts'
import { versionsRepository } from './versions.repository.ts'

/** Why the text is changed, and from when to when the next one holds; a day left out is filled in while drafting. */
export interface AmendmentBody {
  readonly reason: string
  readonly effective_from?: string | null
  readonly effective_to?: string | null
}

export interface DraftOpened extends ActOutcome {
  /** The new draft. */
  readonly version: number
  /** The version it was copied from. */
  readonly copy_of: number
}

export interface DraftClosed extends ActOutcome {
  readonly version: number
}

/** The next version begins as a copy and is edited like any draft; or it is dropped. */
export function amendingService({ acts }: { readonly acts: ActShell }) {
  return {
    amend: (call: ActCall, body: AmendmentBody): Promise<ActReply<DraftOpened>> =>
      acts.perform({ ...call, act: 'amend', event: 'agreement.amendment_opened' }, (context) => openDraft('amend', context, body)),

    /** A renewal is an amendment whose days are what changes. */
    renew: (call: ActCall, body: AmendmentBody): Promise<ActReply<DraftOpened>> =>
      acts.perform({ ...call, act: 'renew', event: 'agreement.renewal_opened' }, (context) => openDraft('renew', context, body)),

    abandon: (call: ActCall): Promise<ActReply<DraftClosed>> =>
      acts.perform({ ...call, act: 'abandon', event: 'agreement.draft_abandoned' }, async ({ tx, agreement, principal, at, now }) => {
        const change = decided({ type: 'abandon' }, agreement, principal, at)
        await versionsRepository(tx).drop(agreement.id, [change.version], 'ABANDONED', now)
        return {
          status: 200,
          to: change.to,
          version: change.version,
          detail: {},
          body: {
            ...{ agreement: agreement.id, act: 'abandon', at: now, from: agreement.status, to: change.to },
            version: change.version,
          },
        }
      }),
  }
}

async function openDraft(type: 'amend' | 'renew', context: ActContext, body: AmendmentBody): Promise<ActDone<DraftOpened>> {
  const { tx, agreement, principal, at, now } = context
  const change = decided({ type, days: body }, agreement, principal, at)
  const base = agreement.versions.find(({ version }) => version === change.copyOf)
  assert(base, 'the version that is copied exists')
  await versionsRepository(tx).insertDraft(agreement.id, {
    version: change.version,
    terms: base.terms,
    effective_from: change.effectiveFrom,
    effective_to: change.effectiveTo,
  })
  return {
    status: 201,
    to: change.to,
    version: change.version,
    detail: { reason: body.reason, copy_of: change.copyOf },
    body: {
      ...{ agreement: agreement.id, act: type, at: now, from: agreement.status, to: change.to },
      version: change.version,
      copy_of: change.copyOf,
    },
  }
}
