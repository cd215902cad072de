import assert from 'node:assert/strict'
import { assessments } from '../../assessments/assessments.service.ts'
import type { ElsewhereRecord } from '../../assessments/elsewhere.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { addDays, londonMidnight } from '../../platform/kernel/london-day.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import { assessmentOf, isProcessorRole } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { type Advice, refusals } from '../model/advice.ts'
import type { AgreementToComplete } from '../model/completeness.ts'
import { difference } from '../model/difference.ts'
import { renamedSuspendedFlows } from '../model/flow-suspensions.ts'
import { type NamedAssessment, signedText } from '../model/signed-text.ts'
import { draftVersion, isUnsigned, leadingVersion, presentParties } from '../model/standing.ts'
import { standingRepository } from '../store/standing.repository.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import type { CarryingService } from './carrying.service.ts'
import type { AskedRoute, ChainsService, OpenedChains } from './chains.service.ts'
import { awaitEnd } from './sign-off-ends.service.ts'

export interface FreezingOptions extends Pick<ActingService, 'act'> {
  /** What is missing in the draft or against the law. Errors stand in the way of freezing it, warnings are kept with the version. */
  readonly advice: (agreement: AgreementToComplete, tx: Transaction) => Promise<readonly Advice[]>
  readonly agreements: Pick<AgreementsService, 'toComplete'>
  /** Opens the approvals of each party that come before its signature. */
  readonly chains: Pick<ChainsService, 'open' | 'follow'>
  /** Who need not sign an amendment anew. */
  readonly carrying: CarryingService
}

/** LC-1: makes the draft the text that parties sign. */
export function freezingService({ act, advice, agreements, chains, carrying }: FreezingOptions) {
  return {
    freeze: (call: ActCall, asked: AskedRoute = {}) =>
      act(call, 'freeze', async (context) => {
        const { tx, agreement, at, now, decided, tell } = context
        const { id } = agreement
        const draft = draftVersion(agreement)
        const complete = await agreements.toComplete(tx, agreement)
        const given = draft ? await advice(complete, tx) : []
        const warnings = given.filter(({ severity }) => severity === 'WARNING')
        const { to: status, supersedes } = decided({ type: 'freeze', advice: refusals(given) })
        assert(draft?.effective_from, 'a version is frozen without a draft that has a start')
        const { version, effective_from } = draft
        const before = leadingVersion(agreement, at)
        const changed = before && difference(before, draft)
        const change_class = changed?.change_class ?? null
        const present = presentParties(agreement, at)
        // The next text is between those who take part: who has left or was never bound is not named in it.
        const parties = complete.parties.filter(({ org }) => present.includes(org))
        const assessed = await assessedBy(tx, assessmentOf(agreement))
        const text = signedText({ ...agreement, parties: agreement.parties.filter(({ org }) => present.includes(org)) }, draft, assessed)
        const versions = versionsRepository(tx)
        await versions.freeze(id, version, { text, at: now, changeClass: change_class, warnings })
        await versions.keepContacts(id, version, new Map(parties.map(({ org, contacts = {} }) => [org, contacts])))
        const unaffected = await carrying.carried(context, draft, present)
        await versions.drop(id, supersedes, 'SUPERSEDED', now)
        const bySignature = new Map(unaffected.map(({ org, signed }) => [org, signed]))
        const opened = await chains.open(context, { ...draft, hash: text.hash }, present, { ...asked, supersedes, carried: bySignature })
        await versions.signedOffIn(id, version, opened.signOff)
        // A suspension of the whole that somebody has to lift holds this one too.
        const held = agreement.suspensions.find(({ scope, to }) => scope === 'AGREEMENT' && to === null)
        if (held) await chains.follow(context, { type: 'hold', reason: 'Sharing is suspended.' }, [version])
        await awaitEnd(tx, id, londonMidnight(effective_from), context.sequence)
        if (draft.effective_to !== null) await awaitEnd(tx, id, londonMidnight(addDays(draft.effective_to, 1)), context.sequence)
        await carrying.record(context, { version, hash: text.hash, effective_from }, unaffected)
        const isController = (org: string) => !isProcessorRole(agreement.parties.find((party) => party.org === org)?.role)
        const unsigned = opened.awaits.some(isController) ? 'IN_REVIEW' : 'AWAITING_SIGNATURE'
        const to = isUnsigned(status) ? unsigned : status
        await standingRepository(tx).setStatus(id, to)
        const detail = { version, version_hash: text.hash, effective_from }
        for (const org of opened.awaits) {
          const first = opened.first.filter((step) => step.org === org)
          const [step] = first
          const whom = first.length === 0 ? null : { persons: [], roles: first.map(({ role }) => role) }
          await tell('APPROVAL_DUE', { ...detail, sign_off: opened.signOff, role: step?.role ?? null, due: step?.due ?? null }, [org], whom)
        }
        await tell('SIGNATURE_DUE', detail, opened.due)
        // Flows that a suspension in force stops under a new name: it goes on until it is lifted (LC-6).
        const suspended = renamedSuspendedFlows(agreement, draft, at)
        const { signOff: sign_off, route: review_route, awaits, voids } = opened
        const carried = unaffected.map(({ org, signed }) => ({ org, ...signed }))
        const kept = { supersedes, change_class, review_route, sign_off, awaits, carried, voids, suspended }
        return {
          ...{ to, version, versionHash: text.hash },
          detail: { ...kept, warnings: warnings.map(({ code, pointer }) => ({ code, pointer })) },
          outcome: {
            ...detail,
            ...kept,
            changes: changed?.clauses.length ?? null,
            review_note: noteOf(opened, bySignature.size),
            warnings,
          },
        }
      }),
  }
}

/** The assessment that a text names: the version that was sent last of one made here, else the one made elsewhere that was recorded last. */
async function assessedBy(tx: Transaction, assessment: string): Promise<ElsewhereRecord | NamedAssessment | undefined> {
  const here = await assessments.madeHere(tx, assessment)
  if (here?.sent) return { id: here.made.id, version: here.sent.version, hash: here.sent.hash }
  return (await assessments.elsewhere(tx, assessment)).at(-1)?.record
}

/** What comes next, for whoever froze the text. */
function noteOf({ route, awaits, voids }: OpenedChains, carried: number): string {
  const begins =
    awaits.length > 0
      ? `By the route ${route} the people of ${awaits.join(', ')} approve it, each for itself, before their party signs.`
      : `By the route ${route} nothing comes before the signatures.`
  const next = carried === 0 ? begins : `${begins} The change does not affect ${carried} of the parties: what they signed holds for it.`
  return voids.length === 0 ? next : `${next} Steps that were done on the text which it replaces hold no longer: ${voids.length}.`
}
