import { stableJson } from '../../platform/kernel/stable-json.ts'
import { type Answer, toAnswer } from '../answer.ts'
import { decideOn, knowledgeOf, nowOn, type PolicyGrounds, reliedOn } from '../decide.ts'
import { callerOfRecord, type EvaluatedRecord } from './decision-record.ts'

type Compared =
  | 'decision'
  | 'via'
  | 'agreement'
  | 'version'
  | 'version_hash'
  | 'flow'
  | 'legal'
  | 'other_agreements'
  | 'obligations'
  | 'warnings'

/**
 * What two answers must agree in to be the same: everything that follows from request, policy and rules. The law named last is
 * absent in a record that was made before answers named it.
 */
export interface Comparable
  extends Pick<Answer, Compared>,
    Partial<Pick<Answer, 'disclosure_decision' | 'asserted_law' | 'unverified_law'>> {
  readonly reasons: readonly Pick<Answer['reasons'][number], 'code' | 'detail' | 'side' | 'items'>[]
}

/** The recorded answer beside the one the rules give today on the recorded policy. */
export interface Replay {
  readonly same: boolean
  /** Members in which they differ. */
  readonly differences: readonly string[]
  readonly recorded: Comparable
  readonly replayed: Comparable
}

/**
 * Evaluates a recorded call again, on the policy revision, at the instant and for the caller that were recorded. Pure.
 * Left out of the comparison: what follows from settings (`expires_at`) or from how busy the service was (`remedies`), what a
 * record of an earlier build did not say yet, and under another build the words in which a reason is put.
 *
 * @param grounds the policy at the recorded revisions
 * @param isSameEngine whether the rules are the same build as then
 */
export function replay(record: EvaluatedRecord, grounds: PolicyGrounds, isSameEngine: boolean): Replay {
  const { request, response, relied_on } = record.payload
  const asked = {
    caller: callerOfRecord(record),
    body: request,
    simulated: response.simulated,
    at: Date.parse(response.at),
    askedAt: nowOn(grounds.callers, Date.parse(response.evaluated_at)),
  }
  const outcome = decideOn(asked, grounds)
  const answer = toAnswer(outcome, {
    decisionId: response.decision_id,
    at: asked.at,
    evaluatedAt: Date.parse(response.evaluated_at),
    simulated: response.simulated,
    index: grounds.index,
    policy: null,
    mayKnow: knowledgeOf(asked, grounds),
    remedies: null,
  })
  const recorded = comparable(response)
  // Through JSON as the recorded answer went, so that absent and undefined members are alike.
  const replayed = comparable(JSON.parse(JSON.stringify(answer)) as Answer)
  const members = Object.keys(recorded) as (keyof Comparable)[]
  const compared = asFarAsSaid(replayed, recorded, isSameEngine)
  const differences = members.filter((member) => stableJson(recorded[member]) !== stableJson(compared[member])) as string[]
  if ((relied_on ?? null) !== reliedOn(outcome)) differences.push('relied_on')
  return { same: differences.length === 0, differences, recorded, replayed }
}

function comparable(answer: Answer): Comparable {
  const { decision, via, agreement, version, version_hash, flow, legal, obligations, warnings } = answer
  const { disclosure_decision, asserted_law, unverified_law } = answer
  // An earlier build could name the agreement itself among the others.
  const other_agreements = answer.other_agreements.filter((other) => other !== agreement)
  const reasons = answer.reasons.map(({ code, detail, side, items }) => ({
    code,
    detail,
    ...(side ? { side } : {}),
    ...(items ? { items } : {}),
  }))
  return {
    ...{ decision, via, agreement, version, version_hash, flow, legal },
    ...(disclosure_decision === undefined ? {} : { disclosure_decision }),
    ...(asserted_law === undefined ? {} : { asserted_law }),
    ...(unverified_law === undefined ? {} : { unverified_law }),
    ...{ other_agreements, reasons, obligations, warnings },
  }
}

/** The replayed answer without what the recorded one never said: a later build says more, or says it better, and decides the same. */
function asFarAsSaid(replayed: Comparable, recorded: Comparable, isSameEngine: boolean): Comparable {
  const reasons = replayed.reasons.map((reason, index) => {
    const said = recorded.reasons[index]
    if (said?.code !== reason.code) return reason
    const { items, ...rest } = reason
    return { ...rest, detail: isSameEngine ? reason.detail : said.detail, ...(said.items && items ? { items } : {}) }
  })
  const obligations = replayed.obligations.map((obligation, index) => {
    const said = recorded.obligations[index]
    if (said?.code !== obligation.code) return obligation
    const parameters = Object.entries(obligation.parameters).filter(([name]) => Object.hasOwn(said.parameters, name))
    return { ...obligation, parameters: Object.fromEntries(parameters) }
  })
  return { ...replayed, reasons, obligations }
}
