import assert from 'node:assert/strict'
import { type Contacts, contactsApplying } from '../../parties/contacts.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Agreement, AgreementVersion } from '../agreement.ts'
import { type Advice, refusals } from '../drafting/advice.ts'
import { renamedSuspendedFlows } from '../model/flow-suspensions.ts'
import { draftVersion, leadingVersion, presentParties } from '../model/standing.ts'
import { readRecord } from '../store/record.repository.ts'
import { signedText } from '../texts/document.ts'
import type { ActReply } from './act.ts'
import type { ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { decided } from './decided.ts'
import { noticesRepository } from './notices.repository.ts'
import type { ReviewRoute } from './review-route.ts'
import { standingRepository } from './standing.repository.ts'
import { versionsRepository } from './versions.repository.ts'

/** What a change of text amounts to: MINOR leaves what is shared alone. */
export interface ChangeSummary {
  readonly changeClass: 'MINOR' | 'MATERIAL'
  readonly changes: number
}

export interface FreezingOptions {
  readonly acts: ActShell
  /** What is missing in the draft or against the law. Errors stand in the way of freezing it, warnings are kept with the version. */
  readonly advice: (agreement: Agreement, tx: Transaction) => Promise<readonly Advice[]>
  /** What the draft changes in the version it follows. */
  readonly difference: (before: AgreementVersion, after: AgreementVersion) => ChangeSummary
  /** Which approvals the frozen version still needs before signatures count. */
  readonly reviewRoute: (agreement: Agreement) => ReviewRoute
}

export interface Frozen extends ActOutcome {
  readonly version: number
  readonly version_hash: string
  readonly effective_from: string
  readonly supersedes: readonly number[]
  readonly change_class: 'MINOR' | 'MATERIAL' | null
  readonly changes: number | null
  readonly review_route: ReviewRoute['state']
  readonly review_note: string
  readonly warnings: readonly Advice[]
  /** Flows that a suspension in force stops under a new name: it goes on until it is lifted (LC-6). */
  readonly suspended: readonly { readonly suspended: string; readonly flow: string }[]
}

/** Which contacts apply to each party that takes part. */
async function contactsApplyingIn(tx: Transaction, { id }: Agreement, present: readonly string[]): Promise<ReadonlyMap<string, Contacts>> {
  const record = await readRecord(tx, id)
  return new Map(
    present.map((org) => [org, contactsApplying(record?.contacts.get(org) ?? {}, record?.organisationContacts.get(org) ?? {})]),
  )
}

/** LC-1: makes the draft the text that parties sign. */
export function freezingService({ acts, advice, difference, reviewRoute }: FreezingOptions) {
  return {
    freeze: (call: ActCall): Promise<ActReply<Frozen>> =>
      acts.perform({ ...call, act: 'freeze', event: 'agreement.frozen' }, async ({ tx, agreement, principal, at, now, newId }) => {
        const { id } = agreement
        const draft = draftVersion(agreement)
        const given = draft ? await advice(agreement, tx) : []
        const warnings = given.filter(({ severity }) => severity === 'WARNING')
        const change = decided({ type: 'freeze', advice: refusals(given) }, agreement, principal, at)
        assert(draft?.effective_from, 'a version is frozen without a draft that has a start')
        const before = leadingVersion(agreement, at)
        const summary = before ? difference(before, draft) : null
        const present = new Set(presentParties(agreement, at))
        // The next text is between those who take part: who has left or was never bound is not named in it.
        const text = signedText({ ...agreement, parties: agreement.parties.filter(({ org }) => present.has(org)) }, draft)
        const route = reviewRoute(agreement)
        const versions = versionsRepository(tx)
        await versions.freeze(id, draft.version, { text, at: now, changeClass: summary?.changeClass ?? null, warnings })
        await versions.keepContacts(id, draft.version, await contactsApplyingIn(tx, agreement, [...present]))
        await versions.drop(id, change.supersedes, 'SUPERSEDED', now)
        await versions.awaitApprovals(id, draft.version, route.awaits)
        await standingRepository(tx).setStatus(id, change.to)
        const detail = { version: draft.version, version_hash: text.hash, effective_from: draft.effective_from }
        const suspended = renamedSuspendedFlows(agreement, draft, at)
        await noticesRepository(tx).tell([...present], { agreementId: id, kind: 'SIGNATURE_DUE', at: now, detail }, newId)
        return {
          status: 200,
          to: change.to,
          version: draft.version,
          versionHash: text.hash,
          detail: {
            supersedes: change.supersedes,
            change_class: summary?.changeClass ?? null,
            review_route: route.state,
            warnings: warnings.map(({ code, pointer }) => ({ code, pointer })),
            suspended,
          },
          body: {
            ...{ agreement: id, act: 'freeze', at: now, from: agreement.status, to: change.to },
            ...detail,
            supersedes: change.supersedes,
            change_class: summary?.changeClass ?? null,
            changes: summary?.changes ?? null,
            review_route: route.state,
            review_note: route.note,
            warnings,
            suspended,
          },
        }
      }),
  }
}
