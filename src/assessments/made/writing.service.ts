import type { Call } from '../../commands/command.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { type Fault, orThrow, refused, refusedBy } from '../../platform/kernel/refusal.ts'
import type { AssessedAgreement } from './assessed-agreement.service.ts'
import type { Answer, AssessmentContent, Measure, Risk } from './content.ts'
import { NOT_DONE, NOTHING_WRITTEN } from './content.ts'
import { madeRepository } from './made.repository.ts'
import { editionOf, type MadeAssessment, progressOf } from './made-assessment.ts'
import {
  type AssessmentCall,
  type MadeAct,
  type MadeContext,
  type MadeDone,
  type MadeKind,
  restated,
  withWriter,
} from './made-kind.service.ts'
import { prefilledAnswers } from './prefill.ts'
import { questionsOn } from './questions.ts'
import { type AssessmentCommand, nextState } from './states.ts'
import { derivedTriggers, screeningFaults } from './triggers.ts'
import { answerFaults, listFaults, measureFaults, reviewFaults, riskFaults } from './written-faults.ts'

const WRITE = { name: 'write' } as const

/** What a change of what is written may look at. */
export interface Writing {
  readonly made: MadeAssessment
  readonly about: AssessedAgreement
  readonly context: MadeContext
  readonly today: Day
}

/** What it comes to; `faults`: what keeps it from being written. */
export interface Written {
  readonly content: AssessmentContent
  readonly detail: Readonly<Record<string, unknown>>
  readonly faults: readonly Fault[]
}

export type WritingService = ReturnType<typeof writingService>

/** Changes what is written, where it can be written now; `act`: what that is called where it is no plain writing. */
export function writer(kind: MadeKind) {
  return (
    call: AssessmentCall,
    { act, ...command }: Extract<AssessmentCommand, { name: 'screen' | 'write' }> & { readonly act?: MadeAct },
    change: (writing: Writing) => Written | Promise<Written>,
  ) =>
    kind.perform(call, act ?? command.name, async (made, context): Promise<MadeDone> => {
      const { tx, principal, at, now } = context
      const about = await kind.keptBy(context, made.agreement)
      const state = orThrow(nextState(made.state, command, progressOf(made, about.keeper, { chain: undefined, residual: null })))
      const { content, detail, faults: found } = await change({ made, about, context, today: londonDay(at) })
      const faults = found.length > 0 ? found : listFaults(content)
      if (faults.length > 0) throw refused('UNPROCESSABLE', 'This cannot be written so.', faults)
      const next: MadeAssessment = { ...made, state, content, writers: withWriter(made, principal), changed_at: now }
      await madeRepository(tx).update(next)
      const isStated = next.state !== made.state && (await restated(context, next, about.stated))
      return { made: next, isStated, detail }
    })
}

/** Writing an assessment: begun from an agreement, screened, its questions answered, risks and measures put down (domain reference 4.1 to 4.3). */
export function writingService({ kind }: { readonly kind: MadeKind }) {
  const write = writer(kind)

  return {
    /**
     * Begins the assessment of an agreement, with what the agreement says already written in; `like`: and with the answers, risks and measures
     * of another one that the caller may read.
     */
    begin: (call: Call, { agreement, like = null }: { readonly agreement: string; readonly like?: string | null | undefined }) =>
      kind.begin(call, async (context): Promise<MadeDone> => {
        const { tx, at, now, newId, principal, known } = context
        const about = await kind.keptBy(context, agreement)
        if (await madeRepository(tx).ofAssessment(about.assessment))
          throw refusedBy('ILLEGAL_STATE', 'DP-3', 'An assessment of this agreement is made here already.')
        const template = like === null ? undefined : await madeRepository(tx).find(like)
        if (like !== null && !template) {
          const detail = 'There is no assessment with this key that you may read.'
          throw refused('UNPROCESSABLE', detail, [{ pointer: '/like', detail, code: 'UNKNOWN_ASSESSMENT' }])
        }
        const questions = questionsOn(londonDay(at))
        const prefilled = prefilledAnswers(about.facts, questions, known.codes, (org) => known.names.get(org) ?? org)
        const made: MadeAssessment = {
          ...{
            id: newId(),
            assessment: about.assessment,
            agreement,
            state: 'DRAFT',
            version: 1,
            approved_version: null,
            first_approved_at: null,
          },
          ...{
            edition: questions.edition,
            content: begunFrom(template?.made.content, prefilled),
            writers: withWriter({ writers: [] }, principal),
          },
          ...{ sign_off: null, consultation: null, reopened: null, begun_at: now, changed_at: now },
        }
        await madeRepository(tx).insert(made)
        const isStated = await restated(context, made, about.stated)
        return { id: made.id, made, isStated, detail: { agreement, like } }
      }),

    /** Confirms or overrules what the flows speak for (DP-1, DP-2). */
    screen: (call: AssessmentCall, { required, reasons }: { readonly required: boolean; readonly reasons: string | null }) =>
      write(call, { name: 'screen', required }, ({ made, about, context }) => {
        if (!required && (about.wasFrozen || made.approved_version !== null))
          throw refusedBy('ILLEGAL_STATE', 'DP-7', 'A text has been frozen on an assessment: nobody says alone that none is needed.')
        if (!required && about.isShared)
          throw refusedBy('ILLEGAL_STATE', 'DP-3', 'Other agreements stand on this assessment too: none of them screens it out.')
        const { org, issuer, sub } = context.principal
        const derived = derivedTriggers(about.facts, context.known.codes)
        const screening = { required, reasons, triggers: derived.map(({ code }) => code), by: { org, issuer, sub }, at: context.now }
        return { content: { ...made.content, screening }, detail: screening, faults: screeningFaults(screening, derived, about.facts) }
      }),

    /** Answers a question; null takes the answer back. */
    answer: (call: AssessmentCall, question: string, said: Answer | null) =>
      write(call, WRITE, ({ made }) => {
        const questions = editionOf(made)
        const { [question]: _before, ...others } = made.content.answers
        const answers = said === null ? others : { ...others, [question]: said }
        return {
          content: { ...made.content, answers },
          detail: { question },
          faults: said === null ? [] : answerFaults(question, said, { questions }),
        }
      }),

    /** Puts a risk down, or anew where its key is known. */
    risk: (call: AssessmentCall, key: string | null, said: Omit<Risk, 'id'>) =>
      write(call, WRITE, ({ made, context: { known, newId } }) => {
        const risk = { ...said, id: key ?? newId() }
        return { ...placed(made.content, 'risks', risk, key), faults: riskFaults(risk, known) }
      }),

    /** Takes a risk back, with what was to be done about it. */
    dropRisk: (call: AssessmentCall, key: string) =>
      write(call, WRITE, ({ made }) => {
        mustKnow(made.content.risks, key)
        const risks = made.content.risks.filter(({ id }) => id !== key)
        const measures = made.content.measures.filter(({ risk_id }) => risk_id !== key)
        return { content: { ...made.content, risks, measures }, detail: { risk: key, dropped: true }, faults: [] }
      }),

    /** Puts a measure down, or anew where its key is known. */
    measure: (call: AssessmentCall, key: string | null, said: Omit<Measure, 'id' | 'done_on' | 'done_by'>) =>
      write(call, WRITE, ({ made, today, context: { known, newId } }) => {
        const { done_on, done_by } = made.content.measures.find(({ id }) => id === key) ?? NOT_DONE
        const measure = { ...said, id: key ?? newId(), done_on, done_by }
        return {
          ...placed(made.content, 'measures', measure, key),
          faults: measureFaults(measure, made.content.risks, { ...known, today }),
        }
      }),

    dropMeasure: (call: AssessmentCall, key: string) =>
      write(call, WRITE, ({ made }) => {
        mustKnow(made.content.measures, key)
        const measures = made.content.measures.filter(({ id }) => id !== key)
        return { content: { ...made.content, measures }, detail: { measure: key, dropped: true }, faults: [] }
      }),

    /** Says who keeps it under review and when it is reviewed next. */
    review: (call: AssessmentCall, review: NonNullable<AssessmentContent['review']>) =>
      write(call, WRITE, ({ made }) => ({
        content: { ...made.content, review },
        detail: { review },
        faults: reviewFaults(review),
      })),

    /** Whoever does a measure says that it is done: by people of the organisation that it names, also once it was sent. */
    doMeasure: (call: AssessmentCall, key: string, { done_on }: { readonly done_on: Day }) =>
      kind.perform(call, 'do_measure', async (made, { tx, principal, at, now }): Promise<MadeDone> => {
        const about = await kind.agreementOf(tx, made.agreement, principal, at)
        const measure = mustKnow(made.content.measures, key)
        if (measure.owner.org !== principal.org && about?.keeper !== principal.org)
          throw refusedBy('FORBIDDEN', 'OWNER', `${measure.owner.org} does this measure and says when it is done.`)
        if (done_on > londonDay(at)) {
          const detail = 'It was done today or before.'
          throw refused('UNPROCESSABLE', detail, [{ pointer: '/done_on', detail, code: 'FUTURE' }])
        }
        const { org, issuer, sub } = principal
        const done = { done_on, done_by: { org, issuer, sub, at: now } }
        const measures = made.content.measures.map((one) => (one.id === key ? { ...one, ...done } : one))
        const next = { ...made, content: { ...made.content, measures }, changed_at: now }
        await madeRepository(tx).update(next)
        return { made: next, detail: { measure: key, done_on } }
      }),
  }
}

/** What another one says, besides what the agreement says itself; who approved its measures, and what was done, stays there. */
function begunFrom(like: AssessmentContent | undefined, prefilled: AssessmentContent['answers']): AssessmentContent {
  if (!like) return { ...NOTHING_WRITTEN, answers: prefilled }
  return {
    ...{ screening: null, review: null, risks: like.risks, answers: { ...like.answers, ...prefilled } },
    measures: like.measures.map((measure) => ({ ...measure, approved: null, ...NOT_DONE })),
  }
}

/** One of a list put down anew under its key, or added. @throws Refused for a key that is not there */
function placed<Name extends 'risks' | 'measures'>(
  content: AssessmentContent,
  name: Name,
  one: AssessmentContent[Name][number],
  key: string | null,
): { readonly content: AssessmentContent; readonly detail: Readonly<Record<string, unknown>> } {
  const list: readonly { readonly id: string }[] = content[name]
  if (key !== null) mustKnow(list, key)
  const next = key === null ? [...list, one] : list.map((other) => (other.id === key ? one : other))
  return { content: { ...content, [name]: next }, detail: { [name]: one.id } }
}

function mustKnow<One extends { readonly id: string }>(list: readonly One[], key: string): One {
  const found = list.find(({ id }) => id === key)
  if (!found) throw refused('NOT_FOUND', 'There is nothing with this key in the assessment.')
  return found
}
