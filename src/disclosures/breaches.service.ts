import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandContext, CommandsService } from '../commands/commands.service.ts'
import { conflictsOf, readerFor } from '../identity/permissions.ts'
import type { Identity, Principal } from '../identity/principal.ts'
import type { NotificationKind, NotificationsService } from '../notifications/notifications.service.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { type Fault, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import type { DeputisesFor } from '../workflow/acting.service.ts'
import { isRequester } from '../workflow/model/duties.ts'
import type { WorkflowService } from '../workflow/workflow.service.ts'
import {
  type AssessmentBody,
  assessmentFaults,
  type Breach,
  breachState,
  type CommunicationBody,
  communicationFaults,
  communicationTimers,
  type RecordedBy,
} from './breach.ts'
import { breachesRepository } from './breaches.repository.ts'
import { setBreachTimers } from './breaches-in-time.service.ts'
import { emergenciesRepository } from './emergencies.repository.ts'
import { breachOf, type Emergency, type EmergencyView, viewOf } from './emergency.ts'
import { type EmergencyDone, emergencyKind, NO_SUCH_EMERGENCY } from './emergency-kind.service.ts'

export interface BreachesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly workflow: Pick<WorkflowService, 'of'>
  readonly notifications: NotificationsService
  readonly deputisesFor: DeputisesFor
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

type CallOnEmergency = Call & { readonly emergencyId: string }

export type BreachesService = ReturnType<typeof breachesService>

/**
 * What a data protection officer records of the breach that an emergency may be: once what was found, and once how the people were told.
 * Nothing is notified from here: both say what was done.
 */
export function breachesService({ db, clock, commands, workflow, notifications, deputisesFor, mustBeConfirmed }: BreachesOptions) {
  const kind = emergencyKind(mustBeConfirmed)

  /**
   * Who records it: the data protection officer of the organisation that acted (Arts 33(1), 39(1)(e)), or whoever is named as their deputy
   * today, never who acted or recorded the emergency (SD-5).
   */
  async function recorded({
    tx,
    state,
    principal,
    at,
    now,
  }: Pick<CommandContext<Emergency>, 'tx' | 'state' | 'principal' | 'at' | 'now'>): Promise<RecordedBy> {
    const { issuer, sub, org, roles } = principal
    if (org !== state.org) throw forbidden('PARTY', 'It is recorded by the organisation whose person acted.')
    const today = londonDay(at)
    const deputation = roles.includes('DPO')
      ? undefined
      : (await deputisesFor(tx, principal)).find(({ role, first, last }) => role === 'DPO' && first <= today && today <= last)
    if (!roles.includes('DPO') && !deputation) throw forbidden('ROLE', 'It is recorded by the data protection officer.')
    const [conflict] = deputation ? conflictsOf('DPO', roles) : []
    if (conflict) throw unprocessable([fault(conflict.rule, `Whoever is ${conflict.with} does not stand in for the DPO.`)])
    const reviewed = await workflow.of(tx, { type: 'emergency', id: state.id, version: 0 })
    const people: Identity[] = [principal, ...(deputation ? [deputation.person] : [])]
    if (reviewed && people.some((person) => isRequester(reviewed, org, person)))
      throw unprocessable([fault('SD-5', 'Whoever acted in the emergency, or recorded it, does not assess it.')])
    return {
      at: now,
      by: { issuer, sub },
      deputy_for: deputation ? { issuer: deputation.person.issuer, sub: deputation.person.sub } : null,
    }
  }

  /** Tells both organisations the facts, and answers the emergency as it is now; the leaf keeps the words too. */
  async function done(
    { tx, principal, at, now }: CommandContext<Emergency>,
    emergency: Emergency,
    kind: NotificationKind,
    { facts, words }: { readonly facts: Readonly<Record<string, unknown>>; readonly words: Readonly<Record<string, unknown>> },
  ): Promise<EmergencyDone> {
    const detail = { org: principal.org, ...facts }
    const { provider, recipient, id } = emergency
    const about = { kind, subject: { type: 'emergency', id }, at: now, detail, toldBy: principal.org }
    await notifications.tell(tx, [provider, recipient], about)
    return { emergency, detail: { ...detail, ...words }, outcome: viewOf(emergency, at) }
  }

  return {
    /** Why somebody does not record what came of the breach that an emergency may be; null: they may, where it is still to be recorded. */
    closedTo: (principal: Principal, id: string): Promise<string | null> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await emergenciesRepository(tx).find(id)
        if (!found) return NO_SUCH_EMERGENCY
        const now = clock()
        try {
          await recorded({ tx, state: found.emergency, principal, at: now.getTime(), now: now.toISOString() })
          return null
        } catch (error) {
          if (error instanceof Refused) return error.refusal.errors[0]?.detail ?? error.refusal.detail
          throw error
        }
      }),

    /** Records what the assessment found. */
    assess: ({ emergencyId: id, ...call }: CallOnEmergency, body: AssessmentBody): Promise<CommandResult<EmergencyView>> =>
      commands.perform<Emergency, EmergencyView, EmergencyDone>(
        kind,
        { ...call, id, act: 'assess_breach', event: 'emergency.breach_assessed' },
        async (context) => {
          const { tx, state, now } = context
          const by = await recorded(context)
          const breach = mustBeBreach(state)
          if (breach.assessment) throw tooLate('It is assessed.')
          mustBePossible(assessmentFaults(body, breach, now))
          const { finding, reason, measures = null, regulator_reference = null, late_reason = null } = body
          const words = { reason, measures, regulator_reference, late_reason }
          const facts = { finding, notified_at: instantIn(body.notified_at) }
          const assessment = { ...facts, ...words, ...by }
          await breachesRepository(tx).addAssessment(id, assessment)
          const assessed = { ...state, assessment }
          if (breachState(assessed) === 'TO_COMMUNICATE') {
            await setBreachTimers(tx, id, communicationTimers(now))
            const about = { subject: { type: 'emergency', id }, at: now, detail: { finding } }
            await notifications.tell(tx, [state.org], { kind: 'BREACH_COMMUNICATION_DUE', ...about })
          }
          return done(context, assessed, 'BREACH_ASSESSED', { facts, words: { ...words, deputy_for: by.deputy_for } })
        },
      ),

    /** Records how the people were told of it, or why they need not be. */
    communicate: ({ emergencyId: id, ...call }: CallOnEmergency, body: CommunicationBody): Promise<CommandResult<EmergencyView>> =>
      commands.perform<Emergency, EmergencyView, EmergencyDone>(
        kind,
        { ...call, id, act: 'communicate_breach', event: 'emergency.breach_communicated' },
        async (context) => {
          const { tx, state, now } = context
          const by = await recorded(context)
          const breach = mustBeBreach(state)
          if (breach.communication) throw tooLate('It is recorded how they were told.')
          if (!breach.assessment) throw tooLate('It is assessed first.')
          if (breach.assessment.finding === 'NO_BREACH') throw tooLate('It was found to be no breach.')
          mustBePossible(communicationFaults(body, breach, now))
          const { what, ground = null } = body
          const facts = { told_at: instantIn(body.told_at), ground }
          const communication = { ...facts, what, ...by }
          await breachesRepository(tx).addCommunication(id, communication)
          const communicated = { ...state, communication }
          return done(context, communicated, 'BREACH_COMMUNICATED', { facts, words: { what, deputy_for: by.deputy_for } })
        },
      ),
  }
}

function mustBeBreach(emergency: Emergency): Breach {
  const breach = breachOf(emergency)
  if (!breach) throw tooLate('No review has found that it was not justified: there is no breach to assess.')
  return breach
}

function mustBePossible(faults: readonly Fault[]): void {
  if (faults.length > 0) throw unprocessable(faults)
}

function instantIn(written: string | null | undefined): string | null {
  return written == null ? null : new Date(written).toISOString()
}

const fault = (code: string, detail: string): Fault => ({ pointer: '', detail, code })
const tooLate = (detail: string) => refused('ILLEGAL_STATE', detail, [fault('STATE', detail)])
const forbidden = (code: string, detail: string) => refused('FORBIDDEN', detail, [fault(code, detail)])
const unprocessable = (faults: readonly Fault[]) => new Refused(refusal('UNPROCESSABLE', 'This cannot be recorded so.', faults))
