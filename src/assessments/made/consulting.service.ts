import type { Transaction } from '../../platform/database/database.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { type Fault, orThrow, refused, refusedBy } from '../../platform/kernel/refusal.ts'
import { chainOf } from '../../workflow/model/sign-off.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import { answerDue, extensionDue } from './consultation.ts'
import { madeRepository } from './made.repository.ts'
import { asApproved, type Consultation, type MadeAssessment, progressOf } from './made-assessment.ts'
import { type AssessmentCall, type MadeAct, type MadeDone, type MadeKind, restated } from './made-kind.service.ts'
import { type AssessmentCommand, nextState } from './states.ts'

export interface ConsultingOptions {
  readonly kind: MadeKind
  readonly workflow: Pick<WorkflowService, 'of'>
}

export type ConsultingService = ReturnType<typeof consultingService>

/** The consultation of the regulator where the risk that is left is high: put before it, extended, answered (Art 36 UK GDPR, DP-5). */
export function consultingService({ kind, workflow }: ConsultingOptions) {
  const chainOfKeeper = async (tx: Transaction, { id, version }: MadeAssessment, keeper: string) => {
    const signOff = await workflow.of(tx, { type: 'assessment', id, version })
    return signOff && chainOf(signOff, keeper)
  }

  const step = (
    call: AssessmentCall,
    act: MadeAct,
    work: (
      made: MadeAssessment,
      today: Day,
    ) => { readonly consultation: Consultation; readonly command: AssessmentCommand | null; readonly faults: readonly Fault[] },
  ) =>
    kind.perform(call, act, async (made, context): Promise<MadeDone> => {
      const about = await kind.keptBy(context, made.agreement)
      const sent = (await madeRepository(context.tx).versions(made.id)).at(-1)
      const { consultation, command, faults } = work(made, londonDay(context.at))
      if (faults.length > 0) throw refused('UNPROCESSABLE', 'The consultation cannot be recorded so.', faults)
      const chain = await chainOfKeeper(context.tx, made, about.keeper)
      const progress = progressOf(made, about.keeper, { chain, residual: sent?.residual ?? null })
      const state = command === null ? made.state : orThrow(nextState(made.state, command, progress))
      const next = asApproved({ ...made, consultation, state, changed_at: context.now })
      await madeRepository(context.tx).update(next)
      const isStated = await restated(context, next, about.stated)
      if (state !== made.state) await kind.tell(context, 'ASSESSMENT_DECIDED', next, about.controllers)
      return { made: next, isStated, detail: { ...consultation } }
    })

  return {
    /** It was put before the regulator, which has eight weeks from then. */
    begin: (call: AssessmentCall, { submitted_on, reference }: { readonly submitted_on: Day; readonly reference: string }) =>
      step(call, 'consult', ({ version, consultation }, today) => {
        if (consultation) throw refusedBy('ILLEGAL_STATE', 'DP-5', 'It is before the regulator already.')
        const begun: Consultation = {
          version,
          submitted_on,
          reference,
          extended_on: null,
          due: answerDue(submitted_on, null),
          answer: null,
        }
        return { consultation: begun, command: { name: 'consult' }, faults: notAhead('/submitted_on', submitted_on, today) }
      }),

    /** The regulator said within the eight weeks that it needs six more. */
    extend: (call: AssessmentCall, { extended_on }: { readonly extended_on: Day }) =>
      step(call, 'extend_consultation', ({ consultation }, today) => {
        const { submitted_on, ...begun } = mustBeBegun(consultation)
        if (begun.extended_on !== null || begun.answer) throw refusedBy('ILLEGAL_STATE', 'DP-5', 'It is extended, or answered, already.')
        const faults = [
          ...notAhead('/extended_on', extended_on, today),
          ...between('/extended_on', extended_on, submitted_on, extensionDue(submitted_on)),
        ]
        return { consultation: { ...begun, submitted_on, extended_on, due: answerDue(submitted_on, extended_on) }, command: null, faults }
      }),

    /** What the regulator answered: only where it may proceed is anything shared on it. */
    answer: (call: AssessmentCall, answer: NonNullable<Consultation['answer']>) =>
      step(call, 'answer_consultation', ({ consultation }, today) => {
        const begun = mustBeBegun(consultation)
        const faults = [...notAhead('/on', answer.on, today), ...between('/on', answer.on, begun.submitted_on, null)]
        const outcome = answer.outcome === 'MAY_PROCEED' ? 'COMPLETED' : 'ADVICE_NOT_TO_PROCEED'
        return { consultation: { ...begun, answer }, command: { name: 'consultation_answered', answer: outcome }, faults }
      }),
  }
}

function mustBeBegun(consultation: Consultation | null): Consultation {
  if (!consultation) throw refusedBy('ILLEGAL_STATE', 'DP-5', 'It is not before the regulator yet.')
  return consultation
}

function notAhead(pointer: string, day: Day, today: Day): Fault[] {
  return day > today ? [{ pointer, code: 'FUTURE', detail: 'This was today or before.' }] : []
}

function between(pointer: string, day: Day, first: Day, last: Day | null): Fault[] {
  if (day < first) return [{ pointer, code: 'ORDER', detail: `It was put before the regulator on ${first}: this comes after.` }]
  return last !== null && day > last ? [{ pointer, code: 'DP-5', detail: `The regulator says so by ${last}.` }] : []
}
