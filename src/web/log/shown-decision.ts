import type { Answer as Answered } from '../../decisions/answer.ts'
import { evaluationId } from '../../decisions/decision-entry.ts'
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
  /** The answers of a call that had several, where it was asked for as a whole. */
  readonly answers: readonly { readonly id: string; readonly outcome: Outcome | null }[]
  readonly obligations: Answered['obligations']
  readonly law: readonly { readonly side: 'provider' | 'recipient'; readonly grounds: readonly Row[] }[]
}

const GROUNDS = [
  ['Regime', 'regime', 'regime'],
  ['Lawful basis', 'lawful_basis', 'art6'],
  ['Condition for special category data', 'art9', 'art9'],
  ['Schedule 1 condition', 'sch1', 'sch1'],
  ['Condition for criminal offence data', 'criminal', 'criminal'],
] as const satisfies readonly (readonly [string, keyof LegalGround, string])[]

/** What of a record its reader is shown. `id`: of the call, or of one of its answers. Pure. */
export function shownDecision(id: string, { record }: DecisionEvidence): ShownDecision {
  const leaf = JSON.parse(record.leaf) as RecordedLeaf
  const evaluations = record.payload === null ? [] : evaluationsOf(JSON.parse(record.payload) as CallPayload)
  const part = id.split('.')[1]
  const isWhole = part === undefined && evaluationsIn(leaf) > 1
  const payload = isWhole || isFound(leaf) ? null : (evaluations[Number(part ?? 0)] ?? null)
  const response = payload?.response
  return {
    ...{ id, leaf, payload },
    at: new Date(leaf.ts).toISOString(),
    outcome: response?.decision ?? outcomeOf(leaf),
    simulated: leaf.sim === true,
    found: isFound(leaf) ? leaf.n : null,
    answers: isWhole
      ? Array.from({ length: leaf.n }, (_, at) => ({
          id: evaluationId(id, at, leaf.n),
          outcome: evaluations[at]?.response?.decision ?? null,
        }))
      : [],
    obligations: response?.obligations ?? [],
    law: lawOf(response),
  }
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
