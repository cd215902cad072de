import type { Identity } from '../../identity/principal.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import { type Chain, chainOf, type SignOff } from '../../workflow/model/sign-off.ts'
import type { StatedAssessment } from '../assessment.ts'
import type { AssessedFacts } from './assessed-facts.ts'
import type { AssessmentContent } from './content.ts'
import { type QuestionSet, questionsOf } from './questions.ts'
import type { ReliedLaw } from './relied-law.ts'
import type { ReopeningReason } from './reopening.ts'
import { type AssessmentProgress, type AssessmentState, stateOf } from './states.ts'

/** The consultation of the regulator where the risk that is left is high (Art 36 UK GDPR). */
export interface Consultation {
  /** Version that was put before it. */
  readonly version: number
  readonly submitted_on: Day
  readonly reference: string
  /** When the regulator said that it needs six weeks more; null: it did not. */
  readonly extended_on: Day | null
  /** Until when it answers: eight weeks, or fourteen. */
  readonly due: Day
  readonly answer: { readonly on: Day; readonly outcome: 'MAY_PROCEED' | 'NOT_TO_PROCEED'; readonly words: string } | null
}

/** An assessment that is made here, as it stands. */
export interface MadeAssessment {
  readonly id: string
  /** Key of what decisions stand on. */
  readonly assessment: string
  /** The agreement through which it was begun; whoever keeps its text writes. */
  readonly agreement: string
  readonly state: AssessmentState
  /** Of the version that is written, or was sent last. */
  readonly version: number
  /** Whose risk the keeper has accepted last. */
  readonly approved_version: number | null
  /** When that was for the first time: since then decisions ask whether each controller has accepted it. */
  readonly first_approved_at: string | null
  /** Of the questions that it answers. */
  readonly edition: string
  readonly content: AssessmentContent
  /** Everybody who wrote some of it: none of them advises on it or accepts it. */
  readonly writers: readonly Identity[]
  readonly sign_off: string | null
  readonly consultation: Consultation | null
  readonly reopened: { readonly reason: ReopeningReason; readonly note: string; readonly at: string } | null
  readonly begun_at: string
  readonly changed_at: string
}

/** A version as it was sent for review: it never changes. */
export interface SentVersion {
  readonly version: number
  readonly sent_at: string
  /** SHA-256 of the document, hex. */
  readonly hash: string
  /** OVERALL_RISK code: what is left of the highest risk. */
  readonly residual: 'LOW' | 'MEDIUM' | 'HIGH'
  /** When it is reviewed next. */
  readonly review_due: Day
  /** Canonical JSON: the questions as asked, the answers as given, what they are about. */
  readonly document: string
}

/** What the data protection officer of a controller advised on a version (DP-4); an overruling is shown for ever. */
export interface Advice {
  readonly org: string
  readonly version: number
  readonly at: string
  readonly says: 'PROCEED' | 'PROCEED_WITH_CONDITIONS' | 'DO_NOT_PROCEED'
  readonly words: string | null
  readonly conditions: readonly { readonly text: string; readonly due: Day | null }[]
  readonly overruled: { readonly at: string; readonly reason: string } | null
}

/** A controller has accepted the risk that is left of a version, from `at` to the end of `holds_to` or until `until` (DP-7). */
export interface Acceptance {
  readonly org: string
  readonly version: number
  readonly at: string
  /** Its review, as the version says. */
  readonly holds_to: Day
  /** When an incident ended it; null: none did. */
  readonly until: string | null
}

/** What has been done with the version so far, for whoever keeps the text: its own advice and acceptance decide where it stands; each other controller accepts for itself (DP-7). */
export function progressOf(
  { approved_version, consultation, content, version }: MadeAssessment,
  keeper: string,
  { chain, residual }: { readonly chain: Chain | undefined; readonly residual: SentVersion['residual'] | null },
): AssessmentProgress {
  const stateOfStep = (step: string) => chain?.steps.find(({ id }) => id === step)?.state
  const advice = stateOfStep('DPO_REVIEW')
  return {
    ...{ required: content.screening?.required ?? null, controllers: [keeper], residual },
    advised: advice === 'DONE' || advice === 'REFUSED' ? [keeper] : [],
    accepted: stateOfStep('SIRO_APPROVAL') === 'DONE' ? [keeper] : [],
    others_open: chain?.status === 'DPO_REFUSED',
    prior_consultation: consultation?.version === version ? consultedOn(consultation) : 'NOT_REQUIRED',
    reopened: approved_version !== null,
  }
}

/** Where a version stands by what became of it in its sign-off. Pure. */
export function stateIn(made: MadeAssessment, signOff: SignOff, residual: SentVersion['residual'] | null): AssessmentState {
  const chain = chainOf(signOff, signOff.keeper)
  if (signOff.chains.some(({ status }) => status === 'RETURNED')) return made.approved_version === null ? 'DRAFT' : 'IN_REVIEW'
  if (chain?.status === 'REFUSED') return 'REJECTED'
  return stateOf(progressOf(made, signOff.keeper, { chain, residual }))
}

/** The same with its version kept as the one that is approved, where its state says so. Pure. */
export function asApproved(made: MadeAssessment): MadeAssessment {
  if (made.state !== 'APPROVED') return made
  return { ...made, approved_version: made.version, first_approved_at: made.first_approved_at ?? made.changed_at, reopened: null }
}

/** Re-openings after which another share is assessed than the one that goes on. */
const OF_SOMETHING_NEW: ReadonlySet<ReopeningReason> = new Set(['NEW_VERSION', 'NEW_PROCESSOR', 'NEW_COUNTRY', 'NEW_TECHNOLOGY'])

/**
 * What decisions stand on. What is written anew after a routine re-opening, or for an agreement whose assessment was approved elsewhere,
 * leaves that approval as it is until its review date; after an incident nothing is shared (DP-6), nor once what goes on is found too
 * risky: a high risk waits for the regulator (DP-5), or the keeper refuses it. Pure.
 *
 * @param approved the version whose risk the keeper has accepted last
 * @param before what decisions stand on now
 * @returns null where that stays as it is
 */
export function statedBy(made: MadeAssessment, approved: SentVersion | null, before: StatedAssessment): StatedAssessment | null {
  const { state, content, consultation, reopened, approved_version } = made
  if (state === 'SCREENED_OUT') return { required: false, status: state, residual: null, prior_consultation: null, review_due: null }
  const isApproved = state === 'APPROVED' && approved_version === made.version
  const isTooRisky = (state === 'PRIOR_CONSULTATION' || state === 'REJECTED') && !(reopened && OF_SOMETHING_NEW.has(reopened.reason))
  if (!isApproved && !isTooRisky && reopened?.reason !== 'INCIDENT' && before.required && before.status === 'APPROVED') return null
  return {
    required: true,
    status: state,
    residual: approved?.residual ?? null,
    prior_consultation: approved?.residual !== 'HIGH' ? 'NOT_REQUIRED' : consultation ? consultedOn(consultation) : 'PENDING',
    review_due: content.review?.due ?? null,
  }
}

/** PRIOR_CONSULTATION code of where the consultation stands. */
export function consultedOn({ answer }: Consultation): 'PENDING' | 'COMPLETED' | 'ADVICE_NOT_TO_PROCEED' {
  if (answer === null) return 'PENDING'
  return answer.outcome === 'MAY_PROCEED' ? 'COMPLETED' : 'ADVICE_NOT_TO_PROCEED'
}

/** The questions that it answers. @throws RangeError for an edition that was never shipped */
export function editionOf({ edition }: Pick<MadeAssessment, 'edition'>): QuestionSet {
  const found = questionsOf(edition)
  if (!found) throw new RangeError(`there is no edition ${edition} of the questions`)
  return found
}

/** What a version that was sent is about, as its document says it. */
export function factsIn({ document }: SentVersion): AssessedFacts {
  return (JSON.parse(document) as { readonly facts: AssessedFacts }).facts
}

/** What the code lists said of its law then, as its document says it; one of before that was kept says nothing of it. */
export function lawIn({ document }: SentVersion): readonly ReliedLaw[] {
  return (JSON.parse(document) as { readonly law?: readonly ReliedLaw[] }).law ?? []
}
