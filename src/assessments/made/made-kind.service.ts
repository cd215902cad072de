import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandContext, CommandsService, PolicyPublication, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import { isSamePerson, isService, type Principal } from '../../identity/principal.ts'
import type { NotificationKind, NotificationsService } from '../../notifications/notifications.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { refused, refusedBy } from '../../platform/kernel/refusal.ts'
import type { Assessment, StatedAssessment } from '../assessment.ts'
import { assessments } from '../assessments.service.ts'
import type { AssessedAgreement, AssessedAgreements } from './assessed-agreement.service.ts'
import { type AssessmentView, assessmentView } from './assessment-view.ts'
import type { AssessmentCodes } from './codes.ts'
import { madeRepository } from './made.repository.ts'
import { type MadeAssessment, statedBy } from './made-assessment.ts'

export interface MadeKindOptions {
  readonly commands: CommandsService
  readonly notifications: NotificationsService
  readonly policy: PolicyPublication<{ readonly assessments: readonly { readonly id: string; readonly body: Assessment }[] }>
  readonly agreementOf: AssessedAgreements
  /** Read before a command, which needs no second connection while it holds one. */
  readonly facts: () => Promise<WritingFacts>
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

/** What assessments are written with: the codes in force and the names of organisations. */
export interface WritingFacts {
  readonly codes: AssessmentCodes
  readonly names: ReadonlyMap<string, string>
}

/** What a command on an assessment may use besides. */
export interface MadeContext extends Omit<CommandContext<MadeAssessment>, 'state'> {
  readonly known: WritingFacts
}

/** What a command on an assessment did. */
export interface MadeDone extends Omit<WorkDone<AssessmentView>, 'outcome'> {
  readonly made: MadeAssessment
  /** Whether decisions may stand on something else from now on. */
  readonly isStated?: boolean
}

/** What the log calls each command. */
const EVENTS = {
  begin: 'assessment.begun',
  screen: 'assessment.screened',
  write: 'assessment.written',
  import: 'assessment.imported',
  send: 'assessment.sent',
  reopen: 'assessment.reopened',
  ask_joined: 'assessment.acceptance_asked',
  consult: 'assessment.consultation_begun',
  extend_consultation: 'assessment.consultation_extended',
  answer_consultation: 'assessment.consultation_answered',
  do_measure: 'assessment.measure_done',
} as const

/** A call for something on one assessment. */
export interface AssessmentCall extends Call {
  readonly assessmentId: string
}

export type MadeAct = keyof typeof EVENTS

export const NO_SUCH_ASSESSMENT = 'There is no such assessment here.'

export type MadeKind = ReturnType<typeof madeKind>

/** Assessments made here as the subject of commands: how one is locked, stored, recorded and published. */
export function madeKind({ commands, notifications, policy, agreementOf, facts, mustBeConfirmed }: MadeKindOptions) {
  type Work = MadeDone & Pick<WorkDone<AssessmentView>, 'outcome'>
  const kind: SubjectKind<MadeAssessment, Work> = {
    type: 'assessment',
    unknown: NO_SUCH_ASSESSMENT,
    readerFor: writerFor,
    async lock(tx, id) {
      const found = await madeRepository(tx).find(id, true)
      return found && { state: found.made, version: found.rowVersion, actCount: found.actCount }
    },
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: (tx, { done }) => madeRepository(tx).touch(done.made.id),
    publish: (tx, { done, now }) => (done.isStated ? publishStated(tx, done.made.assessment, now, policy) : Promise.resolve(undefined)),
    record: ({ before, now, done: { made, detail } }) => ({
      leaf: { ...(before ? { from: before.state } : {}), to: made.state },
      payload: { at: now, assessment: made.id, of: made.assessment, version: made.version, detail },
    }),
    async known(tx, id) {
      const found = await madeRepository(tx).find(id)
      return found && { leaf: { from: found.made.state }, payload: { assessment: id } }
    },
  }

  /** The agreement that it is about, for whoever keeps its text. @throws Refused for anybody else, and once it is over */
  async function keptBy(context: Pick<MadeContext, 'tx' | 'at' | 'principal'>, agreement: string): Promise<AssessedAgreement> {
    const { tx, at, principal } = context
    const found = await agreementOf(tx, agreement, principal, at)
    if (!found) throw refused('NOT_FOUND', NO_SUCH_ASSESSMENT)
    if (found.keeper !== principal.org)
      throw refusedBy('FORBIDDEN', 'WF-4', `${found.keeper} keeps the text and writes its assessment: comment on it in its review.`)
    if (found.isOver) throw refusedBy('ILLEGAL_STATE', 'LC-5', 'The agreement that it is about is over.')
    return found
  }

  /** What was done, and what is answered once the version of the row has moved. */
  const shown = async (context: MadeContext, done: Promise<MadeDone>): Promise<Work> => {
    const { made, ...rest } = await done
    return { ...rest, made, outcome: () => view(context, made) }
  }

  /** An assessment as it is shown. */
  async function view(
    { tx, at, principal, known }: Pick<MadeContext, 'tx' | 'at' | 'principal' | 'known'>,
    made: MadeAssessment,
  ): Promise<AssessmentView> {
    const about = await agreementOf(tx, made.agreement, principal, at)
    const repository = madeRepository(tx)
    return assessmentView(made, about?.facts, known.codes, {
      ...{ versions: await repository.versions(made.id), advice: await repository.advice(made.id) },
      ...{ acceptances: await repository.acceptances(made.id), imported: await repository.imported(made.id) },
    })
  }

  return {
    ...{ keptBy, agreementOf, view, facts },

    async begin(call: Call, work: (context: MadeContext) => Promise<MadeDone>): Promise<CommandResult<AssessmentView>> {
      const known = await facts()
      return commands.create<AssessmentView, Work>(kind as never, { ...call, act: 'begin', event: EVENTS.begin }, (context) =>
        shown({ ...context, known }, work({ ...context, known })),
      )
    },

    async perform(
      { assessmentId: id, ...call }: AssessmentCall,
      act: MadeAct,
      work: (made: MadeAssessment, context: MadeContext) => Promise<MadeDone>,
    ): Promise<CommandResult<AssessmentView>> {
      const known = await facts()
      return commands.perform<MadeAssessment, AssessmentView, Work>(
        kind,
        { ...call, id, act, event: EVENTS[act] },
        ({ state, ...context }) => shown({ ...context, known }, work(state, { ...context, known })),
      )
    },

    tell: (
      { tx, principal, now }: Pick<MadeContext, 'tx' | 'principal' | 'now'>,
      kindOfNotice: NotificationKind,
      { id, agreement, version, state }: MadeAssessment,
      orgs: readonly string[],
      detail: Readonly<Record<string, unknown>> = {},
    ) =>
      notifications.tell(tx, orgs, {
        ...{ kind: kindOfNotice, subject: { type: 'assessment', id }, at: now, toldBy: isService(principal) ? null : principal.org },
        detail: { agreement, version, state, ...detail },
      }),
  }
}

/** Has decisions stand on what an assessment comes to; answers whether that is something else than before. Joins the transaction. */
export async function restated(
  { tx, now }: Pick<MadeContext, 'tx' | 'now'>,
  made: MadeAssessment,
  before: StatedAssessment,
): Promise<boolean> {
  const approved = made.approved_version === null ? null : ((await madeRepository(tx).version(made.id, made.approved_version)) ?? null)
  const after = statedBy(made, approved, before)
  if (after === null || JSON.stringify(after) === JSON.stringify(before)) return false
  const found = await assessments.find(tx, made.assessment)
  await assessments.state(tx, made.assessment, after, { at: now, before: found, status: before.status })
  return true
}

/** Publishes what decisions ask of an assessment. */
export async function publishStated(tx: Transaction, id: string, now: string, policy: MadeKindOptions['policy']): Promise<number> {
  return policy.publish(tx, { assessments: [{ id, body: await assessments.toPublish(tx, id) }] }, now)
}

/** Whoever wrote some of it, with one more. */
export function withWriter({ writers }: Pick<MadeAssessment, 'writers'>, { issuer, sub }: Principal): MadeAssessment['writers'] {
  return writers.some((one) => isSamePerson(one, { issuer, sub })) ? writers : [...writers, { issuer, sub }]
}
