import type { AgreementsDue } from '../agreements/finding/due.service.ts'
import type { MeasuresService } from '../assessments/made/measures.service.ts'
import type { Role } from '../identity/permissions.ts'
import type { Identity, Principal } from '../identity/principal.ts'
import type { StepOfWeek, WeekOfWork } from '../notifications/mail/week.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Day, londonDay } from '../platform/kernel/london-day.ts'
import type { SignOffInsightService } from '../workflow/insight/insight.service.ts'
import type { ListedTask } from '../workflow/lists.ts'
import type { SignOffsService } from '../workflow/sign-offs.service.ts'

export interface WorkOptions {
  readonly signOffs: Pick<SignOffsService, 'openTasks'>
  readonly signOffInsight: Pick<SignOffInsightService, 'waitingOnOthers'>
  readonly due: AgreementsDue
  readonly measures: Pick<MeasuresService, 'openFor'>
}

/** How far work looks ahead (screens: due in 90 days). */
const AHEAD_DAYS = 90
/** Tasks of each kind on one's list of work; the lists themselves have pages. */
export const WORK_MAX = 100

/** What somebody has to do or may take, of sign-offs and of the action plans of assessments, what colleagues and other organisations have to do first, and what falls due in 90 days. */
export function workOf({ signOffs, signOffInsight, due, measures }: WorkOptions) {
  return async (principal: Principal) => {
    const tasks = await signOffs.openTasks(principal, WORK_MAX)
    const waiting = await signOffInsight.waitingOnOthers(principal, WORK_MAX)
    const planned = await measures.openFor(principal, WORK_MAX)
    return { ...tasks, waiting, due: await due.within(principal, AHEAD_DAYS), measures: planned }
  }
}

export interface WeekOptions extends WorkOptions {
  readonly clock: Clock
  /** The roles that are recorded for somebody in an organisation on a London day. */
  readonly rolesOf: (person: { readonly issuer: string; readonly subject: string }, org: string, day: Day) => Promise<readonly Role[]>
}

/** The work of somebody at this moment, for their weekly summary; undefined: no role is recorded for them any more. */
export function weekOfWork({ clock, rolesOf, ...options }: WeekOptions) {
  const work = workOf(options)
  return async ({ issuer, sub }: Identity, org: string): Promise<WeekOfWork | undefined> => {
    const roles = await rolesOf({ issuer, subject: sub }, org, londonDay(clock().getTime()))
    if (roles.length === 0) return undefined
    const { mine, pool, waiting, due, measures } = await work({ issuer, sub, org, roles, clientId: null })
    return {
      toDo: [...mine, ...pool].map(stepOf),
      waiting: waiting.map(({ subject, signOff, org: of, role, due: day }) => ({ subject, signOff, org: of, role, due: day })),
      due,
      measures: measures.map(({ assessment, agreement, measure }) => ({ assessment, agreement, due: measure.due })),
    }
  }
}

function stepOf({ subject_type: type, subject_id: id, sign_off_id: signOff, org, role, due_day: due }: ListedTask): StepOfWeek {
  return { subject: { type, id }, signOff, org, role, due }
}
