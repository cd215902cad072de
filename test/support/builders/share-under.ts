import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { emptyPolicyIndex, type PolicyIndex, type PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import type { Organisation } from '../../../src/parties/organisation.ts'
import type { CodeList } from '../../../src/reference/code-list.ts'
import { answerTo } from './answer.ts'
import { aFlow, anAgreement, anOrganisation, aParty, aRequest, aSide, aVersion } from './decision-world.ts'

/** What is asked about, and what was said. */
interface Question {
  readonly from: string
  readonly to: string
  readonly purpose: string
  readonly items: readonly string[]
}
interface Said {
  readonly decision: string
  readonly reasons: readonly string[]
  /** The words of all reasons. */
  readonly detail: string
  /** The gateways that carry it. */
  readonly gateways: readonly string[]
}

/**
 * Asks the decision itself whether one law carries a share on a day (noon in London), by an agreement in which everything
 * else is in order: signed by both, conditions, policy documents, confidentiality and consent recorded. `bodies` are kinds
 * by code for those that the register lacks.
 */
export function shareUnder(world: {
  readonly lists: readonly CodeList[]
  readonly registered: readonly Organisation[]
  readonly bodies?: Readonly<Record<string, string>>
  readonly day: string
}): (gateway: string, question: Question) => Said {
  const at = Date.parse(`${world.day}T12:00:00Z`)
  const made = Object.entries(world.bodies ?? {}).map(([code, type]) => anOrganisation({ code, type }))
  const organisations = [...world.registered, ...made]
  const base: PolicyRecord[] = [
    { kind: 'CODE_LISTS', id: 'current', body: { version: 'test', lists: world.lists } },
    ...organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
  ]
  const head = { revision: 1, digest: '00'.repeat(32), instant: 0 }
  const index: PolicyIndex = emptyPolicyIndex().apply(base, head)
  const known = new Set(organisations.map(({ code }) => code))

  return (gateway, { from, to, purpose, items }) => {
    for (const code of [from, to]) if (!known.has(code)) throw new Error(`no body ${code}`)
    // A basis that asks for no law of its own: what is refused is refused for the gateway alone.
    const side = aSide({ art6: ['6(1)(d)'], gateways: [gateway] })
    const flow = aFlow({
      providers: [from],
      recipients: [to],
      purpose,
      data_items: [...items],
      data_subjects: ['RESIDENT'],
      legal: { provider: side, recipient: side },
    })
    const version = aVersion({ effective_from: '2000-01-01', terms: { flows: [flow] } })
    const signatures = [from, to].map((org) => ({ org, version: 1, signed_at: '1999-12-31T12:00:00.000Z' }))
    const agreement = anAgreement({ parties: [aParty(from), aParty(to)], versions: [version], signatures })
    const asked = index.apply([{ kind: 'AGREEMENT', id: agreement.id, body: agreement }], head)
    const request = aRequest({
      provider: from,
      recipient: to,
      purpose,
      data_items: [...items],
      data_subjects: ['RESIDENT'],
      consent_ref: 'CONSENT-1',
    })
    const { decision, reasons, legal } = answerTo(evaluate(request, at, asked), at, asked)
    return {
      decision,
      reasons: reasons.map(({ code }) => code),
      detail: reasons.map((reason) => reason.detail).join(' '),
      gateways: legal && 'provider' in legal ? legal.provider.gateways.map(({ code }) => code) : [],
    }
  }
}
