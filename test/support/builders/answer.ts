import { type Answer, type AnswerContext, toAnswer } from '../../../src/decisions/answer.ts'
import type { Outcome } from '../../../src/decisions/evaluation/evaluate.ts'
import type { PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'

/** The answer of an outcome to a caller who may know every agreement; permits count for five minutes. */
export function answerTo(outcome: Outcome, at: number, index: PolicyIndex, over: Partial<AnswerContext> = {}): Answer {
  return toAnswer(outcome, {
    decisionId: '0199f0a4-0000-7000-8000-000000000001',
    at,
    evaluatedAt: at,
    simulated: true,
    index,
    policy: { permitTtlSeconds: 300, restrictedPurposes: new Set() },
    mayKnow: () => true,
    remedies: null,
    ...over,
  })
}
