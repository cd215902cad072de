import type { PolicyAgreement, PolicyFlow, PolicyVersion } from '../policy/policy.ts'
import type { ReasonCode } from '../rules/reason.ts'
import type { ProposalFacts, RemedyChange, RemedyProposal } from './remedy.ts'

/** Proposes a change of the agreement for these reasons, if one was found; `touches` names the member it changes. */
export type Offer = (
  codes: readonly ReasonCode[],
  touches: string,
  change: Omit<RemedyChange, 'organisations' | 'values'> & Partial<Pick<RemedyChange, 'organisations' | 'values'>>,
  make: (agreement: PolicyAgreement) => PolicyAgreement,
) => void

/** Collects proposals about the nearest agreement; absent organisations are the provider and the recipient. */
export function collector({ request, reasons }: ProposalFacts): { readonly offer: Offer; readonly found: RemedyProposal[] } {
  const failed = new Set(reasons.map(({ code }) => code))
  const found: RemedyProposal[] = []
  return {
    found,
    offer(codes, touches, change, make) {
      const answers = codes.filter((code) => failed.has(code))
      if (answers.length === 0) return
      found.push({
        change: { organisations: [request.provider, request.recipient], values: [], ...change },
        answers,
        touches,
        apply: (state) => ({ ...state, agreement: make(state.agreement) }),
      })
    },
  }
}

/** A copy of the agreement with one version changed. */
export function inVersion(
  agreement: PolicyAgreement,
  version: PolicyVersion,
  change: (version: PolicyVersion) => PolicyVersion,
): PolicyAgreement {
  return { ...agreement, approved: agreement.approved.map((known) => (known.version === version.version ? change(known) : known)) }
}

/** A copy of the agreement with one flow of one version changed. */
export function inFlow(
  agreement: PolicyAgreement,
  version: PolicyVersion,
  flow: PolicyFlow,
  change: (flow: PolicyFlow) => PolicyFlow,
): PolicyAgreement {
  return inVersion(agreement, version, (known) => ({ ...known, flows: known.flows.map((row) => (row.id === flow.id ? change(row) : row)) }))
}
