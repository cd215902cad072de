import type { DraftFacts } from '../agreements/model/draft-rules.ts'
import { organisationFaults, unknownCode, unknownCodes } from '../agreements/model/draft-rules.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import type { Fault } from '../platform/kernel/refusal.ts'
import type { ShareQuestion } from './share-request.ts'

/** What somebody asks for: a question, or what was denied before. */
export interface AskedShare {
  readonly decision_id?: string | null | undefined
  readonly question?: AskedQuestion | null | undefined
  readonly why: string
  readonly needed_by?: string | null | undefined
  readonly join_agreement?: string | null | undefined
}

/** A question as it comes in: what is not said is absent or null. */
type Said = 'lawful_basis' | 'data_form' | 'subject_count' | 'record_count'
export type AskedQuestion = Omit<ShareQuestion, Said | 'method' | 'country'> & { readonly method: string; readonly country: string } & {
  readonly [member in Said]?: ShareQuestion[member] | undefined
}

type LeftOpen = 'data_subjects' | 'method' | 'country'

/** What the decision log holds of the decision that is named; undefined: nothing for this reader. */
export interface EarlierDecision {
  /** A simulation may have left open whom it is about, the method and the country: that is for the officer who takes the request up. */
  readonly request: Omit<AskedQuestion, LeftOpen> & { readonly [member in LeftOpen]?: AskedQuestion[member] | null | undefined }
  readonly decision: 'PERMIT' | 'DENY'
  readonly evaluated_at: string
}

/** The members of a question alone, absent ones as null. Pure. */
export function questionOf(asked: EarlierDecision['request']): ShareQuestion {
  const { provider, recipient, purpose, data_items } = asked
  const { lawful_basis = null, data_form = null, subject_count = null, record_count = null } = asked
  return {
    ...{ provider, recipient, purpose, data_items },
    ...{ data_subjects: asked.data_subjects ?? [], method: asked.method ?? null, country: asked.country ?? null },
    ...{ lawful_basis, data_form, subject_count, record_count },
  }
}

/** What is asked, or each place that is wrong. `earlier`: what is on record of `decision_id`. Pure. */
export function questionAsked(
  { decision_id = null, question = null, needed_by = null }: AskedShare,
  earlier: EarlierDecision | undefined,
  facts: DraftFacts,
  now: string,
): { readonly question: ShareQuestion } | { readonly faults: readonly Fault[] } {
  const fault = (pointer: string, code: string, detail: string): { readonly faults: Fault[] } => ({ faults: [{ pointer, code, detail }] })
  if ((decision_id === null) === (question === null))
    return fault(
      decision_id === null ? '/question' : '/decision_id',
      'ONE_QUESTION',
      'Either question or decision_id says what is asked for.',
    )
  if (decision_id !== null && !earlier) return fault('/decision_id', 'UNKNOWN_DECISION', 'There is no decision with this identifier.')
  if (earlier?.decision === 'PERMIT') return fault('/decision_id', 'PERMITTED', 'It was permitted: there is nothing to ask for.')
  const asked = questionOf((earlier?.request ?? question) as AskedQuestion)
  const faults = [
    ...questionFaults(asked, facts, now).map((found) => (earlier ? { ...found, pointer: '/decision_id' } : found)),
    ...(needed_by !== null && needed_by < londonDay(Date.parse(now))
      ? [{ pointer: '/needed_by', detail: 'The day lies today or later.', code: 'PAST' }]
      : []),
  ]
  return faults.length > 0 ? { faults } : { question: asked }
}

function questionFaults(asked: ShareQuestion, facts: DraftFacts, now: string): Fault[] {
  const { provider, recipient, purpose, data_items, data_subjects, method, country, lawful_basis, data_form } = asked
  const at = (member: string) => `/question/${member}`
  return [
    ...organisationFaults(facts, provider, now, at('provider')),
    ...organisationFaults(facts, recipient, now, at('recipient')),
    ...(provider === recipient ? [{ pointer: at('recipient'), detail: 'Nobody shares with itself.', code: 'SAME_CONTROLLER' }] : []),
    ...unknownCode(facts, 'PURPOSE', purpose, at('purpose')),
    ...unknownCodes(facts, 'DATA_ITEM', data_items, at('data_items')),
    ...unknownCodes(facts, 'DATA_SUBJECT', data_subjects, at('data_subjects')),
    ...unknownCode(facts, 'METHOD', method, at('method')),
    ...unknownCode(facts, 'COUNTRY', country, at('country')),
    ...unknownCode(facts, 'LAWFUL_BASIS', lawful_basis, at('lawful_basis')),
    ...unknownCode(facts, 'DATA_FORM', data_form, at('data_form')),
  ]
}
