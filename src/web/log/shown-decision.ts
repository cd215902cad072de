import type { Answer as Answered } from '../../decisions/answer.ts'
import { evaluationId, type RecordedSearch } from '../../decisions/decision-entry.ts'
import type { DecisionEvidence } from '../../decisions/history/decision-evidence.service.ts'
import {
  type CallPayload,
  evaluationsIn,
  evaluationsOf,
  isSearch,
  type RecordedLeaf,
  type RecordedPayload,
} from '../../decisions/history/decision-record.ts'
import type { LegalGround } from '../../decisions/legal-grounds.ts'
import type { DecisionBody } from '../../decisions/request-body.ts'
import { type Said, saidOf } from '../agreements/answers.ts'

export type Outcome = 'PERMIT' | 'DENY' | 'ERROR' | 'SEARCH'

interface Row {
  readonly label: string
  readonly said: Said
}

/** A recorded decision as its page shows it. */
export interface ShownDecision {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly outcome: Outcome
  readonly simulated: boolean
  readonly leaf: RecordedLeaf
  /** What was asked and answered; null: it is not shown, or the call had several. */
  readonly payload: RecordedPayload | null
  /** How many results a search had; null: it was none. */
  readonly found: number | null
  /** What a search looked for; null: it was none, or it is not shown. */
  readonly lookedFor: RecordedSearch | null
  /** Who asked, of a search or of a call that had several questions; null: neither, or it is not shown. */
  readonly caller: RecordedPayload['caller'] | null
  /** The answers of a call that had several, where it was asked for as a whole: the part that its page shows. */
  readonly answers: readonly ShownAnswer[]
  /** The whole of them; null: the call had one. */
  readonly whole: WholeCall | null
  readonly obligations: Answered['obligations']
  readonly law: readonly { readonly side: 'provider' | 'recipient'; readonly grounds: readonly Row[] }[]
}

/** One of several answers of a call. Where the words of the call are not shown, of each only that there was one. */
interface ShownAnswer {
  readonly id: string
  /** Its place in the call, from 1. */
  readonly number: number
  readonly outcome: Outcome | null
  readonly asked: Pick<DecisionBody, 'provider' | 'recipient' | 'purpose'> | null
  /** REASON codes. */
  readonly reasons: readonly string[]
}

/** A call that had several questions, as a whole. */
interface WholeCall {
  readonly count: number
  /** How many were answered in which way; null: it is not shown. */
  readonly outcomes: Readonly<Record<'PERMIT' | 'DENY' | 'ERROR', number>> | null
  /** The part that is shown, from 1. */
  readonly part: number
  readonly parts: number
}

/** Answers of a call on one page. */
const ANSWERS_A_PART = 50

const GROUNDS = [
  ['Regime', 'regime', 'regime'],
  ['Lawful basis', 'lawful_basis', 'art6'],
  ['Condition for special category data', 'art9', 'art9'],
  ['Schedule 1 condition', 'sch1', 'sch1'],
  ['Condition for criminal offence data', 'criminal', 'criminal'],
] as const satisfies readonly (readonly [string, keyof LegalGround, string])[]

/** What of a record its reader is shown. `id`: of the call, or of one of its answers; `asked`: which part of its answers. Pure. */
export function shownDecision(id: string, { record }: DecisionEvidence, asked = 1): ShownDecision {
  const leaf = JSON.parse(record.leaf) as RecordedLeaf
  const evaluations = record.payload === null ? [] : evaluationsOf(JSON.parse(record.payload) as CallPayload)
  const part = id.split('.')[1]
  const isWhole = part === undefined && evaluationsIn(leaf) > 1
  const payload = isWhole || isFound(leaf) ? null : (evaluations[Number(part ?? 0)] ?? null)
  const response = payload?.response
  const parts = Math.ceil(leaf.n / ANSWERS_A_PART)
  const shownPart = Math.min(Math.max(asked, 1), Math.max(parts, 1))
  const from = (shownPart - 1) * ANSWERS_A_PART
  const [first] = evaluations
  return {
    ...{ id, leaf, payload },
    at: new Date(leaf.ts).toISOString(),
    outcome: response?.decision ?? outcomeOf(leaf),
    simulated: leaf.sim === true,
    found: isFound(leaf) ? leaf.n : null,
    lookedFor: isFound(leaf) ? (first?.request ?? null) : null,
    caller: isWhole || isFound(leaf) ? (first?.caller ?? null) : null,
    answers: isWhole
      ? Array.from({ length: Math.min(ANSWERS_A_PART, leaf.n - from) }, (_, at) => answerAt(id, from + at, leaf.n, evaluations))
      : [],
    whole: isWhole
      ? { count: leaf.n, outcomes: evaluations.length > 0 ? countedOutcomes(evaluations) : null, part: shownPart, parts }
      : null,
    obligations: response?.obligations ?? [],
    law: lawOf(response),
  }
}

function answerAt(id: string, at: number, count: number, evaluations: readonly RecordedPayload[]): ShownAnswer {
  const { request, response } = evaluations[at] ?? {}
  return {
    ...{ id: evaluationId(id, at, count), number: at + 1 },
    outcome: evaluations.length === 0 ? null : (response?.decision ?? 'ERROR'),
    asked: request ?? null,
    reasons: response?.reasons.map(({ code }) => code) ?? [],
  }
}

function countedOutcomes(evaluations: readonly RecordedPayload[]): NonNullable<WholeCall['outcomes']> {
  const counted = { PERMIT: 0, DENY: 0, ERROR: 0 }
  for (const { response } of evaluations) counted[response?.decision ?? 'ERROR'] += 1
  return counted
}

/** A search that was answered: what it found is in its record, which the API hands out. */
function isFound({ t, st }: Pick<RecordedLeaf, 't' | 'st'>): boolean {
  return isSearch({ t }) && st === 'Ok'
}

function outcomeOf({ t, st, d }: RecordedLeaf): Outcome {
  if (st === 'Error' || d === undefined) return isFound({ t, st }) ? 'SEARCH' : 'ERROR'
  return d ? 'PERMIT' : 'DENY'
}

function lawOf(response: Answered | undefined): ShownDecision['law'] {
  const { provider, recipient } = response?.legal ?? {}
  return [
    ...(provider ? [{ side: 'provider', ground: provider } as const] : []),
    ...(recipient ? [{ side: 'recipient', ground: recipient } as const] : []),
  ].map(({ side, ground }) => ({ side, grounds: groundsOf(ground) }))
}

function groundsOf(ground: LegalGround): Row[] {
  const gateways = ground.gateways.map(({ code, citation }) => ({ label: citation ?? 'Gateway', said: saidOf('gateways', [code]) }))
  const named = GROUNDS.map(([label, member, name]) => ({ label, said: saidOf(name, ground[member]) }))
  return [...named, ...gateways].filter(({ said }) => said.kind !== 'nothing')
}
