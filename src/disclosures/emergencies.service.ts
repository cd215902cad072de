import type { DraftFacts } from '../agreements/model/draft-rules.ts'
import { canonicalJson, sha256Hex } from '../audit/format/canonical-json.ts'
import type { Call, CommandResult, RunningCommand } from '../commands/command.ts'
import type { CommandContext, CommandsService } from '../commands/commands.service.ts'
import { permits, readerFor } from '../identity/permissions.ts'
import { type Identity, isSamePerson, type Principal, servicePrincipal } from '../identity/principal.ts'
import type { NotificationsService } from '../notifications/notifications.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../platform/database/reader.ts'
import type { SearchedTerms } from '../platform/kernel/asked-terms.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { orThrow, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, refuse } from '../platform/kernel/result.ts'
import type { SignOffsService } from '../workflow/sign-offs.service.ts'
import type { WorkflowService } from '../workflow/workflow.service.ts'
import { assessmentTimers, notifyBy } from './breach.ts'
import { setBreachTimers } from './breaches-in-time.service.ts'
import { emergenciesRepository } from './emergencies.repository.ts'
import {
  type AskedEmergency,
  type Emergency,
  type EmergencyView,
  EVENTS_MAX,
  EVENTS_WINDOW_MS,
  type HappenedEmergency,
  type ReviewBody,
  recordFaults,
  reviewDue,
  reviewed,
  reviewFaults,
  viewOf,
} from './emergency.ts'
import { type EmergencyDone, emergencyKind, NO_SUCH_EMERGENCY } from './emergency-kind.service.ts'

/** A share that became the rule: it is to be an agreement. */
export interface AgreementNeeded {
  readonly org: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly why: string
}

export interface EmergenciesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly workflow: WorkflowService
  readonly signOffs: Pick<SignOffsService, 'perform'>
  readonly notifications: NotificationsService
  readonly facts: () => Promise<DraftFacts>
  /** Whose tokens this service trusts: who somebody is that the decision log names by subject alone. */
  readonly issuer: string
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
  /** Asks for an agreement on such shares, once until it is answered; part of the running command. */
  readonly askForAgreement: (within: RunningCommand, needed: AgreementNeeded) => Promise<void>
}

/** A permit that broke the glass, as the decision log has it. */
export interface BrokenGlass extends Pick<Emergency, 'provider' | 'recipient' | 'purpose' | 'data_items' | 'ground' | 'lawful_basis'> {
  readonly decision_id: string
  readonly happened_at: string
  readonly callerOrg: string
  /** Subject of the token; null: it is no longer kept. */
  readonly actor: string | null
}

const ROUTE = 'EMERGENCY'
const LAST_STEP = 'EVENT_REVIEW'
const PAGE = 50

export type EmergenciesService = ReturnType<typeof emergenciesService>

/** Emergencies: reviewed each, whether the glass was broken here or it was recorded afterwards (EM-5, EM-6). Never on the way of a decision. */
export function emergenciesService(options: EmergenciesOptions) {
  const { db, clock, commands, workflow, signOffs, notifications, facts, issuer, mustBeConfirmed, askForAgreement } = options
  const kind = emergencyKind(mustBeConfirmed)

  /** Writes one and opens its review by the people of the organisation that acted; whoever acted, or recorded it, does not review (SD-5). */
  async function begun(
    context: Omit<CommandContext<never>, 'state'>,
    given: HappenedEmergency,
    requesters: readonly Identity[],
  ): Promise<Emergency> {
    const { tx, principal, at, now, newId } = context
    const content_hash = sha256Hex(canonicalJson(given))
    const emergency: Emergency = {
      ...{
        ...given,
        id: newId(),
        recorded_at: now,
        status: 'OPEN',
        sign_off: newId(),
        content_hash,
        review_due: reviewDue(given.decision_id ? given.happened_at : now),
      },
      ...{ outcome: null, dsa_needed: null, reason: null, excessive_items: [], reviewed_at: null, aware_at: null, assessment: null },
      communication: null,
    }
    await emergenciesRepository(tx).insert(emergency)
    const subject = { type: 'emergency', id: emergency.id, version: 0, hash: content_hash }
    const parties = [{ org: given.org, facts: ['CONTROLLER' as const], requesters }]
    const { id: sign_off } = await workflow.open(
      tx,
      { subject, keeper: given.org, facts: [], parties, route: ROUTE },
      { principal, at, now, newId },
    )
    await emergenciesRepository(tx).update({ ...emergency, sign_off })
    const detail = { review_due: emergency.review_due }
    await notifications.tell(tx, [given.org], {
      kind: 'EMERGENCY_REVIEW_DUE',
      subject: { type: 'emergency', id: emergency.id },
      at: now,
      detail,
    })
    const since = new Date(Date.parse(given.happened_at) - EVENTS_WINDOW_MS).toISOString()
    if ((await emergenciesRepository(tx).countSince(given, since)) >= EVENTS_MAX)
      await asking(context, emergency, `${EVENTS_MAX} emergencies of these two for this purpose in 90 days (EM-5).`)
    return { ...emergency, sign_off }
  }

  async function asking({ tx, now }: Pick<CommandContext<never>, 'tx' | 'now'>, emergency: Emergency, why: string): Promise<void> {
    const { org, provider, recipient, purpose, data_items } = emergency
    // The command within reads for itself; this one goes on for whom it read before.
    await readingAs(tx, { kind: 'party', org }, () => askForAgreement({ tx, now }, { org, provider, recipient, purpose, data_items, why }))
  }

  const shown = (emergency: Emergency): EmergencyView => viewOf(emergency, clock().getTime())

  return {
    /** Opens the review of a permit that broke the glass; once for each, however often it is told. */
    follow: (glass: BrokenGlass): Promise<CommandResult<EmergencyView>> => {
      const { provider, recipient, callerOrg, actor: sub, ...given } = glass
      // An agent's duty manager acts for a party: the provider, who discloses, looks at it.
      const org = callerOrg === recipient ? recipient : provider
      const call: Call = { principal: servicePrincipal(org), idempotency: null }
      return commands.create<EmergencyView, EmergencyDone>(
        kind as never,
        { ...call, act: 'follow', event: 'emergency.review_opened' },
        async (context) => {
          const known = await emergenciesRepository(context.tx).ofDecision(glass.decision_id)
          if (known)
            return { emergency: known.emergency, detail: {}, outcome: shown(known.emergency), isRepeat: true, id: known.emergency.id }
          const actor = sub === null ? null : { issuer, sub }
          const emergency = await begun(context, { ...given, org, provider, recipient, justification: null, actor }, actor ? [actor] : [])
          return { id: emergency.id, emergency, detail: { decision: glass.decision_id }, outcome: shown(emergency) }
        },
      )
    },

    /** EM-6: what was shared without the service is recorded afterwards, however late. */
    async record(call: Call, asked: AskedEmergency): Promise<CommandResult<EmergencyView>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const known = await facts()
      return commands.create<EmergencyView, EmergencyDone>(
        kind as never,
        { ...call, act: 'record', event: 'emergency.recorded_afterwards' },
        async (context) => {
          const { principal, now } = context
          const { provider, recipient, purpose, data_items, ground, justification, happened_at, lawful_basis = null } = asked
          const faults = recordFaults(asked, known, now)
          if (faults.length > 0) throw new Refused(refusal('UNPROCESSABLE', 'This cannot be recorded so.', faults))
          const { org } = principal
          if (org !== provider && org !== recipient) {
            const detail = 'It is recorded by the provider or the recipient.'
            throw refused('FORBIDDEN', detail, [{ pointer: '', detail, code: 'PARTY' }])
          }
          const recorder = { issuer: principal.issuer, sub: principal.sub }
          const actor = asked.actor ? { issuer: principal.issuer, sub: asked.actor } : recorder
          if (!isSamePerson(actor, recorder) && !permits(principal.roles, 'emergency:read')) {
            const detail = 'A practitioner records what they shared themselves.'
            throw refused('FORBIDDEN', detail, [{ pointer: '/actor', detail, code: 'ACTOR' }])
          }
          const given = {
            org,
            decision_id: null,
            provider,
            recipient,
            purpose,
            data_items,
            ground,
            justification,
            lawful_basis,
            actor,
            happened_at: new Date(happened_at).toISOString(),
          }
          const emergency = await begun(context, given, isSamePerson(actor, recorder) ? [actor] : [actor, recorder])
          return { id: emergency.id, emergency, detail: given, outcome: shown(emergency) }
        },
      )
    },

    /** EM-5: the last step of the review, and what follows from what it found. */
    review: (
      { emergencyId: id, ...call }: Call & { readonly emergencyId: string },
      body: ReviewBody,
    ): Promise<CommandResult<EmergencyView>> =>
      commands.perform<Emergency, EmergencyView, EmergencyDone>(
        kind,
        { ...call, id, act: 'review', event: 'emergency.reviewed' },
        async ({ state, ...context }) => {
          const { tx, principal, now } = context
          if (state.status === 'REVIEWED')
            throw refused('ILLEGAL_STATE', 'It is reviewed.', [{ pointer: '', detail: 'It is reviewed.', code: 'STATE' }])
          const faults = reviewFaults(body, state, now)
          if (faults.length > 0) throw new Refused(refusal('UNPROCESSABLE', 'The review cannot say this.', faults))
          const emergency = reviewed(state, body, now)
          await emergenciesRepository(tx).update(emergency)
          const step = {
            type: 'approve',
            org: state.org,
            step: LAST_STEP,
            hash: state.content_hash,
            comment: body.reason,
            conditions: [],
          } as const
          // Whoever may not, and whatever comes before it, is said by the sign-off.
          orThrow(await signOffs.perform({ principal, idempotency: null, within: { tx, now } }, state.sign_off, step))
          if (emergency.aware_at !== null) {
            const detail = { aware_at: emergency.aware_at, notify_by: notifyBy(emergency.aware_at) }
            await notifications.tell(tx, [state.org], {
              kind: 'BREACH_ASSESSMENT_DUE',
              subject: { type: 'emergency', id },
              at: now,
              detail,
            })
            await setBreachTimers(tx, id, assessmentTimers(emergency.aware_at, now))
          }
          if (body.dsa_needed)
            await asking(context, emergency, 'The review of an emergency found that such sharing needs an agreement (EM-5).')
          return { emergency, detail: { ...body }, outcome: shown(emergency) }
        },
      ),

    read: (principal: Principal, id: string): Promise<CommandResult<EmergencyView>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await emergenciesRepository(tx).find(id)
        return found ? ok({ outcome: shown(found.emergency), version: found.version }) : refuse(refusal('NOT_FOUND', NO_SUCH_EMERGENCY))
      }),

    /** One in which the caller acted: they read that it is recorded and reviewed, whatever else of emergencies they may read. */
    own: (principal: Principal, id: string): Promise<CommandResult<EmergencyView>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await emergenciesRepository(tx).find(id)
        const isOwn = found?.emergency.actor && isSamePerson(found.emergency.actor, principal)
        return isOwn ? ok({ outcome: shown(found.emergency), version: found.version }) : refuse(refusal('NOT_FOUND', NO_SUCH_EMERGENCY))
      }),

    /** Those that hold all of the terms, newest first. */
    search: (principal: Principal, { limit, ...asked }: SearchedTerms) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await emergenciesRepository(tx).search({ ...asked, limit: limit + 1 })
        const page = found.slice(0, limit)
        return { emergencies: page.map(shown), next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),

    /** Newest first. */
    list: (
      principal: Principal,
      query: {
        readonly status?: Emergency['status'] | undefined
        readonly breach?: 'OPEN' | undefined
        readonly before?: string | undefined
        readonly limit?: number | undefined
      },
    ) =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const { status = null, breach, before = null, limit = PAGE } = query
        const found = await emergenciesRepository(tx).list({ status, hasOpenBreach: breach === 'OPEN', before, limit: limit + 1 })
        const page = found.slice(0, limit)
        return { emergencies: page.map(shown), next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
      }),
  }
}
