import type { LegalSide } from '../../agreements/agreement.ts'
import type { Organisation } from '../../parties/organisation.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { PolicyAgreement, PolicyFlow, PolicyVersion } from '../policy/policy.ts'
import type { Reason, Side } from './reason.ts'
import type { DecisionRequest } from './request.ts'

/** What every rule may look at: the question, the instant, the bodies and the code lists. */
export interface Facts {
  readonly request: DecisionRequest
  /** T, milliseconds since the epoch. */
  readonly at: number
  /** London local date of T. */
  readonly day: string
  readonly codes: CodeLists
  readonly provider: Organisation
  readonly recipient: Organisation
  readonly requested: RequestedItems
}

/** What kinds of data the requested items are: the tests follow these, not all that the flow holds (CK-6). */
export interface RequestedItems {
  readonly special: readonly string[]
  readonly criminal: readonly string[]
  readonly confidential: readonly string[]
  readonly patientInformation: readonly string[]
  readonly healthInformation: readonly string[]
}

/** One flow of one governing version that a request could ride on. */
export interface Candidate {
  readonly agreement: PolicyAgreement
  readonly version: PolicyVersion
  readonly flow: PolicyFlow
}

/** One test of domain reference 6.3.1. Pure: reads the facts, answers the reasons it found, none when it is met. */
export type Rule = (facts: Facts, candidate: Candidate) => readonly Reason[]

/** Sorts the requested items by kind. Items must be in the list (stage 0 saw to that). */
export function requestedItems(items: readonly string[], codes: CodeLists): RequestedItems {
  const found = { special: [], criminal: [], confidential: [], patientInformation: [], healthInformation: [] } as {
    readonly [Kind in keyof RequestedItems]: string[]
  }
  for (const code of items) {
    const item = codes.items.get(code)
    if (!item) continue
    if (item.classes.has('SPECIAL')) found.special.push(code)
    if (item.classes.has('CRIMINAL')) found.criminal.push(code)
    if (item.confidential) found.confidential.push(code)
    if (item.patientInformation) found.patientInformation.push(code)
    if (item.healthInformation) found.healthInformation.push(code)
  }
  return found
}

/** A controller's part of a flow, with the body it belongs to. */
export interface ControllerSide {
  readonly side: Side
  readonly organisation: Organisation
  readonly legal: LegalSide
  /** Conditions its appropriate policy documents cover. */
  readonly policyDocuments: ReadonlySet<string>
}

const NO_DOCUMENTS: ReadonlySet<string> = new Set()

/** The controllers of a flow: the provider, and the recipient unless it is a processor (LB-5). */
export function controllerSides(facts: Facts, { agreement, flow }: Candidate): ControllerSide[] {
  const { provider, recipient } = flow.source.legal
  const own = controllerSide('PROVIDER', facts.provider, provider, agreement)
  return recipient ? [own, controllerSide('RECIPIENT', facts.recipient, recipient, agreement)] : [own]
}

function controllerSide(side: Side, organisation: Organisation, legal: LegalSide, { policyDocuments }: PolicyAgreement): ControllerSide {
  return { side, organisation, legal, policyDocuments: policyDocuments.get(organisation.code) ?? NO_DOCUMENTS }
}

/** "Public authority" in CK-4, CK-5 and CK-15: one that performs its task on this flow (CK-20; DPA 2018 s7(2)). */
export function isPublicAuthorityInTask(organisation: Organisation, legal: LegalSide): boolean {
  return organisation.public_authority && legal.performing_task
}

/**
 * Whether a side names the law it rests on. A code that is in no list is no law (CK-20); of the provider's own, CK-8 says so
 * by itself.
 */
export function citesLaw({ codes }: Facts, { side, legal }: Pick<ControllerSide, 'side' | 'legal'>): boolean {
  return side === 'PROVIDER' ? legal.gateways.length > 0 : legal.gateways.some((code) => codes.laws.has(code))
}
