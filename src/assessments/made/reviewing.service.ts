import type { CommandResult } from '../../commands/command.ts'
import { readerFor } from '../../identity/permissions.ts'
import { isService, type Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { SearchedTerms } from '../../platform/kernel/asked-terms.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow, type Refusal, refusal, refused, refusedBy } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import type { AssessedAgreement } from './assessed-agreement.service.ts'
import { type AssessmentView, assessmentSummary } from './assessment-view.ts'
import { contentFaults } from './completeness.ts'
import { madeRepository } from './made.repository.ts'
import { editionOf, type MadeAssessment, progressOf, type SentVersion } from './made-assessment.ts'
import { type AssessmentCall, type MadeDone, type MadeKind, NO_SUCH_ASSESSMENT, restated, withWriter } from './made-kind.service.ts'
import { type ReopeningReason, reopens } from './reopening.ts'
import { documentOf, snapshotOf } from './snapshot.ts'
import { type AssessmentState, nextState } from './states.ts'

export interface ReviewingOptions {
  readonly db: Database
  readonly clock: Clock
  readonly kind: MadeKind
  readonly workflow: WorkflowService
}

const ROUTE = 'DPIA'
const NOT_SENT = { chain: undefined, residual: null }
const PAGE = 50

export type ReviewingService = ReturnType<typeof reviewingService>

/** An assessment of which a version was sent. */
type SentAssessment = Pick<MadeAssessment, 'id'> & { readonly version: number }

/** Sending an assessment for review, re-opening it, and reading what became of it; advised on and accepted it is in its sign-off. */
export function reviewingService({ db, clock, kind, workflow }: ReviewingOptions) {
  async function joinedSince(tx: Transaction, { id, version }: SentAssessment, { controllers }: AssessedAgreement): Promise<string[]> {
    const asked = new Set(await workflow.partiesOf(tx, { type: 'assessment', id, version }))
    return controllers.filter((org) => !asked.has(org))
  }

  return {
    /**
     * Freezes what is written as the next version and asks the people of each controller: advice of the data protection officer, then
     * its SIRO accepts the risk that is left. Nobody who wrote some of it advises or accepts (AH-3).
     */
    send: (call: AssessmentCall) =>
      kind.perform(call, 'send', async (made, context): Promise<MadeDone> => {
        const { tx, principal, at, now, newId, known } = context
        const { codes } = known
        const { id } = made
        const about = await kind.keptBy(context, made.agreement)
        const state = orThrow(nextState(made.state, { name: 'send', faults: 0 }, progressOf(made, about.keeper, NOT_SENT)))
        const questions = editionOf(made)
        const faults = contentFaults(made.content, about.facts, questions, codes, londonDay(at))
        if (faults.length > 0) throw refused('UNPROCESSABLE', 'This is missing before it can be reviewed.', faults)
        const repository = madeRepository(tx)
        const version = (await repository.versions(id)).length + 1
        const snapshot = snapshotOf({ questions, content: made.content, facts: about.facts, codes })
        const { document, hash } = documentOf(id, version, snapshot)
        const residual = snapshot.residual ?? 'HIGH'
        const review_due = made.content.review?.due ?? londonDay(at)
        await repository.addVersion(id, { version, sent_at: now, hash, residual, review_due, document })
        const asked = {
          ...{ subject: { type: 'assessment', id, version, hash }, keeper: about.keeper, facts: [], route: ROUTE },
          parties: about.controllers.map((org) => ({ org, facts: ['CONTROLLER' as const], requesters: made.writers })),
        }
        const { id: sign_off } = await workflow.open(tx, asked, { principal, at, now, newId })
        const next: MadeAssessment = { ...made, state, version, sign_off, changed_at: now }
        await repository.update(next)
        const isStated = await restated(context, next, about.stated)
        await kind.tell(context, 'ASSESSMENT_REVIEW_DUE', next, about.controllers, { residual })
        return { made: next, isStated, detail: { version, hash, residual, sign_off } }
      }),

    /**
     * Re-opens an assessment that was accepted (DP-6): by the keeper, or for an incident by people of any controller. After an incident nothing
     * is shared until a version of it is accepted anew; otherwise what was accepted holds until its review date.
     */
    reopen: (call: AssessmentCall, { reason, note }: { readonly reason: ReopeningReason; readonly note: string }) =>
      kind.perform(call, 'reopen', async (made, context): Promise<MadeDone> => {
        const { tx, principal, at, now, newId } = context
        const { id } = made
        // Somebody, or another node, was sooner.
        if (isService(principal) && made.state !== 'APPROVED') return { made, detail: {}, isRepeat: true }
        const about = await kind.agreementOf(tx, made.agreement, principal, at)
        if (!about) throw refused('NOT_FOUND', NO_SUCH_ASSESSMENT)
        const isIncident = reopens(reason).stops_sharing
        if (about.keeper !== principal.org && !(isIncident && about.controllers.includes(principal.org)))
          throw refusedBy(
            'FORBIDDEN',
            'WF-4',
            `${about.keeper} keeps the text and re-opens its assessment; any controller does after an incident.`,
          )
        const progress = progressOf(made, about.keeper, NOT_SENT)
        // What decisions stand on may be an approval from elsewhere: an incident ends that one too.
        const isApproved = about.stated.required && about.stated.status === 'APPROVED'
        const state = orThrow(nextState(made.state, { name: 'reopen', reason }, { ...progress, reopened: progress.reopened || isApproved }))
        // Whoever has not accepted it yet accepts the next version.
        await workflow.onSubject(tx, { type: 'assessment', id }, { type: 'withdraw', reason: note }, { principal, at, now, newId })
        const next: MadeAssessment = {
          ...{ ...made, state, consultation: null, reopened: { reason, note, at: now }, changed_at: now },
          // What is written next is written by whoever writes it: earlier authors may advise on it again.
          writers: about.keeper === principal.org && !isService(principal) ? withWriter({ writers: [] }, principal) : [],
        }
        await madeRepository(tx).update(next)
        if (isIncident) await madeRepository(tx).endAcceptances(id, now)
        const isStated = await restated(context, next, about.stated)
        await kind.tell(context, 'ASSESSMENT_REOPENED', next, about.controllers, { reason })
        return { made: next, isStated: isStated || isIncident, detail: { reason, note } }
      }),

    /**
     * Asks the people of controllers that joined after the approved version was sent to advise on it and to accept the risk for themselves
     * (DP-7); what the others accepted holds.
     */
    askJoined: (call: AssessmentCall) =>
      kind.perform(call, 'ask_joined', async (made, context): Promise<MadeDone> => {
        const { tx, principal, at, now, newId } = context
        const { version } = made
        const isLast = made.state === 'APPROVED' && version !== null && made.approved_version === version
        const about = isLast ? await kind.agreementOf(tx, made.agreement, principal, at) : undefined
        const joined = about && version !== null ? await joinedSince(tx, { ...made, version }, about) : []
        if (version === null || joined.length === 0) return { made, detail: {}, isRepeat: true }
        for (const org of joined) {
          const party = { org, facts: ['CONTROLLER' as const], requesters: made.writers }
          await workflow.join(tx, { type: 'assessment', id: made.id, version }, party, { principal, at, now, newId })
        }
        const next: MadeAssessment = { ...made, changed_at: now }
        await madeRepository(tx).update(next)
        await kind.tell(context, 'ASSESSMENT_REVIEW_DUE', next, joined)
        return { made: next, detail: { version, orgs: joined } }
      }),

    /** Controllers of an agreement whom nobody has asked about the version. Joins the transaction. */
    joinedSince: (tx: Transaction, made: SentAssessment, about: AssessedAgreement): Promise<string[]> => joinedSince(tx, made, about),

    async read(principal: Principal, id: string): Promise<CommandResult<AssessmentView>> {
      const known = await kind.facts()
      return withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await madeRepository(tx).find(id)
        if (!found) return refuse(refusal('NOT_FOUND', NO_SUCH_ASSESSMENT))
        const outcome = await kind.view({ tx, principal, known, at: clock().getTime() }, found.made)
        return ok({ outcome, version: found.rowVersion })
      })
    },

    /** One version, word for word as it was sent. */
    version: (principal: Principal, id: string, version: number): Promise<Result<SentVersion, Refusal>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await madeRepository(tx).version(id, version)
        return found ? ok(found) : refuse(refusal('NOT_FOUND', 'There is no such version of an assessment here.'))
      }),

    /** What is written in those that the caller may see, where all of the terms stand in it: newest first, `before`: the cursor of the page. */
    withWords: (principal: Principal, { terms, before, limit }: SearchedTerms) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await madeRepository(tx).withWords(terms, before, limit + 1)
        const page = found.slice(0, limit)
        return { assessments: page, next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),

    /** Newest first. */
    list: (
      principal: Principal,
      query: {
        readonly state?: AssessmentState | undefined
        readonly agreement?: string | undefined
        readonly before?: string | undefined
        readonly limit?: number | undefined
      },
    ) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const { state = null, agreement = null, before = null, limit = PAGE } = query
        const found = await madeRepository(tx).list({ state, agreement, before, limit: limit + 1 })
        const page = found.slice(0, limit)
        return { assessments: page.map(assessmentSummary), next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),
  }
}
